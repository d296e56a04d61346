/**
 * Counters of all tasks, added up by main. The tasks' own words wrap; a tally does not.
 *
 * Invariant   collect() runs often enough that no counter moves by 2^32 in between: seconds suffice for any operation.
 */
import { COUNTERS, torture_task } from './control.ts'

/** Tasks of one kind. */
export interface TaskKind {
  /** Name as in the kernel: `lock_torture_writer`. */
  readonly comm: string
  /** Key into `bodies`. */
  readonly body: string
  readonly tasks: number
}

/** Counters of one task. */
export interface TaskTally {
  readonly comm: string
  readonly nr: number
  readonly counts: number[]
}

/** Totals since the start of one test, as of the last `collect`. */
export class Tally {
  readonly tasks: readonly TaskTally[]
  readonly #names: readonly string[]
  readonly #view: Int32Array
  readonly #base: number
  readonly #last: Int32Array

  /** @param base address of the first torture_task */
  constructor(view: Int32Array, base: number, kinds: readonly TaskKind[], counters: readonly string[]) {
    if (counters.length > COUNTERS) throw new RangeError(`a task has ${COUNTERS} counters`)
    this.#view = view
    this.#base = base
    this.#names = counters
    this.tasks = kinds.flatMap(({ comm, tasks }) =>
      Array.from({ length: tasks }, (_, nr) => ({ comm, nr, counts: counters.map(() => 0) })),
    )
    this.#last = new Int32Array(this.tasks.length * counters.length)
  }

  /** Adds what the tasks have counted since. */
  collect(): void {
    const width = this.#names.length
    for (const [i, { counts }] of this.tasks.entries()) {
      const at = this.#base + i * torture_task.words + torture_task.offset.counters
      for (let c = 0; c < width; c++) {
        const now = Atomics.load(this.#view, at + c)
        counts[c] = (counts[c] ?? 0) + ((now - (this.#last[i * width + c] ?? 0)) >>> 0)
        this.#last[i * width + c] = now
      }
    }
  }

  /** One counter of each task of a kind; of all tasks without a kind. */
  each(counter: string, comm?: string): number[] {
    const at = this.#names.indexOf(counter)
    return this.tasks
      .filter((task) => comm === undefined || task.comm === comm)
      .map(({ counts }) => counts[at] ?? 0)
  }

  /** Sum of one counter. */
  sum(counter: string, comm?: string): number {
    return this.each(counter, comm).reduce((sum, n) => sum + n, 0)
  }

  /** All counters of a task, by name. */
  named(task: TaskTally): Record<string, number> {
    return Object.fromEntries(this.#names.map((name, i) => [name, task.counts[i] ?? 0]))
  }
}
