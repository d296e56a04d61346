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
  readonly row: Row
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
  readonly #left = new Set<Row>()
  readonly skipped: Skipped[] = []

  /** @param name of the case, for reasons */
  constructor(name: string) {
    this.#case = name
  }

  /** Starts the workers of a row. @throws what a contender of ours throws */
  async start(row: Row, workers: number, options: CrewOptions): Promise<Started | undefined> {
    if (this.#left.has(row)) return undefined
    let contender: Contender
    try {
      contender = await contenderOf(row.adapter)
    } catch (error) {
      return this.#leave(row, row.label ?? row.adapter, `does not load: ${firstLine(error)}`)
    }
    const { optional = false } = contender
    const name = row.label ?? contender.name
    try {
      const reason = await contender.unavailable()
      if (reason !== '') return this.#leave(row, contender.name, reason)
      const started = { row, name, optional, crew: await startCrew(row, contender, workers, options) }
      this.#started.push(started)
      return started
    } catch (error) {
      return this.#leaveOut({ row, name, optional }, 'does not start', error)
    }
  }

  /** True unless it has failed. */
  runs({ row }: Pick<Started, 'row'>): boolean {
    return !this.#left.has(row)
  }

  /** Lets a row that still runs do something. @throws what a contender of ours throws */
  async attempt(started: Started, work: () => Promise<void>): Promise<void> {
    if (!this.runs(started)) return
    try {
      await work()
    } catch (error) {
      this.#leaveOut(started, 'failed', error)
    }
  }

  /** Ends all workers. Rows may be started anew, but those of which one has failed. @throws what a contender of ours throws */
  async stop(): Promise<void> {
    const all = this.#started.splice(0)
    await Promise.all(all.map(({ crew }) => crew.stop()))
    for (const one of all) {
      const { failure } = one.crew
      if (failure !== undefined && this.runs(one)) this.#leaveOut(one, 'failed', failure)
    }
  }

  /** @throws what a contender of ours throws */
  #leaveOut({ row, name, optional }: Omit<Started, 'crew'>, what: string, error: unknown): undefined {
    if (!optional) throw error
    return this.#leave(row, name, `${what} in ${this.#case}: ${firstLine(error)}`)
  }

  #leave(row: Row, contender: string, reason: string): undefined {
    this.#left.add(row)
    this.skipped.push({ contender, reason })
  }
}
