/**
 * A folder of results: the plan, and one file for each unit that has come to a result. Several processes and machines may share it.
 *
 * Invariant   a file is there whole or not at all, and the first result of a unit stays: who comes second is told so.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { ShapeError } from '../define/shape.ts'
import { PLAN_SCHEMA, UNIT_SCHEMA, type Broke, type Plan, type UnitResult } from '../results/campaign.ts'
import { writeResult } from '../results/io.ts'

const PLAN = 'plan.json'

/** Writes a file unless there is one. Returns whether it did. Two writers at once: one of them did. */
function writeFirst(file: string, value: unknown): boolean {
  const beside = `${file}.${hostname()}.${process.pid}.tmp`
  try {
    writeFileSync(beside, `${JSON.stringify(value)}\n`)
    linkSync(beside, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(beside, { force: true })
  }
}

function read<T extends { readonly schema: string }>(file: string, schema: T['schema']): T {
  let value: T | null
  try {
    value = JSON.parse(readFileSync(file, 'utf8')) as T | null
  } catch (error) {
    throw new ShapeError(`${file}: it cannot be read: ${(error as Error).message}`)
  }
  if (value?.schema !== schema) throw new ShapeError(`${file}: it is no ${schema}`)
  return value
}

/** See the head of this file. */
export class Store {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Makes the folder one of this plan. @throws ShapeError if it is one of another */
  open(plan: Plan): void {
    for (const name of ['units', 'broke', 'work']) mkdirSync(join(this.folder, name), { recursive: true })
    if (writeFirst(join(this.folder, PLAN), plan)) return
    const there = this.plan()
    if (there.id === plan.id && there.version === plan.version) return
    throw new ShapeError(
      `${this.folder}: it has results of ${there.name} by version ${there.version}, and this is ${plan.name} by ${plan.version}: name another folder`,
    )
  }

  /** Where units that are at work keep what is half done. */
  get work(): string {
    return join(this.folder, 'work')
  }

  /** @throws ShapeError if the folder has none */
  plan(): Plan {
    return read<Plan>(join(this.folder, PLAN), PLAN_SCHEMA)
  }

  has(id: string): boolean {
    return existsSync(this.#file('units', id))
  }

  /** Ids of the units that have results. */
  ids(): string[] {
    return this.#names('units')
  }

  /** @throws ShapeError for a file that is no result */
  get(id: string): UnitResult {
    return read<UnitResult>(this.#file('units', id), UNIT_SCHEMA)
  }

  /** Keeps a result. Returns false if the unit has one: that stays. */
  put(result: UnitResult): boolean {
    const first = writeFirst(this.#file('units', result.unit.id), result)
    rmSync(this.#file('broke', result.unit.id), { force: true })
    return first
  }

  /** Notes that a unit came to nothing; a later run tries it again. */
  noteBroke(broke: Broke): void {
    writeResult(this.#file('broke', broke.unit.id), broke)
  }

  /** Why a unit came to nothing, if that is known. */
  whyBroke(id: string): Broke | undefined {
    const file = this.#file('broke', id)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Broke) : undefined
  }

  #file(kind: 'units' | 'broke', id: string): string {
    return join(this.folder, kind, `${basename(id)}.json`)
  }

  #names(kind: 'units' | 'broke'): string[] {
    const folder = join(this.folder, kind)
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => basename(name, '.json'))
  }
}
