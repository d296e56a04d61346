/**
 * What the bodies gave their operations in an execution, by where these are in their logs, which tell the operations and their results.
 * A body that gives the same again, run from its log alone, does the same in that execution.
 */
import type { Kind, Value } from './kinds.ts'

/** What there is of one: the operation, the kind of its element, where it is, two operands. */
const FIELDS = 5
/** Words of an entry of a log. */
const ENTRY = 2

/** See the head of this file. */
export class Operands {
  readonly #of: (Value | Kind)[][]

  constructor(cpus: number) {
    this.#of = Array.from({ length: cpus }, () => [])
  }

  /** The operation whose entry comes at this word of the log. */
  note(cpu: number, word: number, op: number, kind: Kind, at: number, x: Value, y: Value): void {
    const kept = this.#of[cpu]!
    const from = (word / ENTRY) * FIELDS
    kept[from] = op
    kept[from + 1] = kind
    kept[from + 2] = at
    kept[from + 3] = x
    kept[from + 4] = y
  }

  /** True if it was this one. */
  has(cpu: number, word: number, op: number, kind: Kind, at: number, x: Value, y: Value): boolean {
    const kept = this.#of[cpu]!
    const from = (word / ENTRY) * FIELDS
    return (
      kept[from] === op &&
      kept[from + 1] === kind &&
      kept[from + 2] === at &&
      Object.is(kept[from + 3], x) &&
      Object.is(kept[from + 4], y)
    )
  }
}
