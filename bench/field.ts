/**
 * The contenders of one case. What is not ours may fail at anything, from its import to its last operation: it is then left out
 * with its reason, and the others go on. What is ours must not fail.
 */
import type { Row, Skipped } from './case.ts'
import { contenderOf, type Contender } from './contender.ts'
import { Crew, type CrewOptions } from './crew.ts'
import type { Rounds } from './rounds.ts'

/** A row whose workers run. */
export interface Started {
  readonly name: string
  readonly crew: Rounds
  readonly optional: boolean
}

/** An error's first line. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n')[0] as string
}

async function startCrew(
  row: Row,
  contender: Contender,
  workers: number,
  options: CrewOptions,
): Promise<Rounds> {
  const shared = await contender.share?.(row.variant, workers)
  return (
    (await contender.crew?.()) ??
    (await Crew.start(row.adapter, row.variant, workers, { ...options, shared }))
  )
}

/** The rows of a case that run, and those that are left out. */
export class Field {
  readonly #case: string
  readonly #started: Started[] = []
  readonly #failed = new Set<Rounds>()
  readonly skipped: Skipped[] = []

  /** @param name of the case, for reasons */
  constructor(name: string) {
    this.#case = name
  }

  /** Starts the workers of a row. @throws what a contender of ours throws */
  async start(row: Row, workers: number, options: CrewOptions): Promise<Started | undefined> {
    let contender: Contender
    try {
      contender = await contenderOf(row.adapter)
    } catch (error) {
      this.skipped.push({ contender: row.label ?? row.adapter, reason: `does not load: ${firstLine(error)}` })
      return undefined
    }
    const { optional = false } = contender
    const name = row.label ?? contender.name
    try {
      const reason = await contender.unavailable()
      if (reason !== '') {
        this.skipped.push({ contender: contender.name, reason })
        return undefined
      }
      const started = { name, optional, crew: await startCrew(row, contender, workers, options) }
      this.#started.push(started)
      return started
    } catch (error) {
      this.#leaveOut(name, optional, 'does not start', error)
      return undefined
    }
  }

  /** True unless it has failed. */
  runs({ crew }: Started): boolean {
    return !this.#failed.has(crew)
  }

  /** Lets a row that still runs do something. @throws what a contender of ours throws */
  async attempt(started: Started, work: () => Promise<void>): Promise<void> {
    if (!this.runs(started)) return
    try {
      await work()
    } catch (error) {
      this.#leaveOut(started.name, started.optional, 'failed', error)
      this.#failed.add(started.crew)
    }
  }

  /** Ends all workers. */
  async stop(): Promise<void> {
    await Promise.all(this.#started.map(({ crew }) => crew.stop()))
  }

  #leaveOut(contender: string, optional: boolean, what: string, error: unknown): void {
    if (!optional) throw error
    this.skipped.push({ contender, reason: `${what} in ${this.#case}: ${firstLine(error)}` })
  }
}
