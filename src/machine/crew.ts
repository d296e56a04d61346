/**
 * A crew: the worker threads that machines run on. Several machines can share one: their arenas stay, and the workers go
 * from one to the other. So code that all of them run is compiled once per worker, not once per worker and machine, and
 * a comparison of machines is not one of how well their code was warmed up.
 *
 * Invariant   at most one machine is active on a crew. When a machine breaks, its crew is sent home, workers and all;
 *             the next machine gets a new one.
 * Context     main's event loop.
 */
import { mustGetChecked } from './checked.ts'
import type { CpuTask } from './cpu.ts'
import { HEAP_MB } from './plan.ts'
import { WorkerThread } from './worker_thread.ts'

const entry = new URL('../../workers/cpu.js', import.meta.url)

/** A machine, as its crew sees it. */
export interface Boarded {
  /** Asks its CPUs to leave; resolves when all have left. */
  park(): Promise<void>
  /** A worker failed outside its task. */
  strayError(error: Error): void
}

/** Workers for machines of up to `cpus` CPUs. */
export class Crew {
  readonly cpus: number
  readonly #checked: boolean
  #threads: readonly WorkerThread[] = []
  #active: Boarded | undefined

  constructor(cpus: number, checked = false) {
    this.cpus = cpus
    this.#checked = checked
  }

  /** True if the machine's CPUs are on this crew now. */
  runs(machine: Boarded): boolean {
    return this.#active === machine
  }

  /** Makes room for a machine: the one that is active leaves. */
  async board(machine: Boarded): Promise<void> {
    if (this.#active === machine) return
    const before = this.#active
    this.#active = machine
    await before?.park()
    if (this.#checked) await mustGetChecked()
    if (this.#threads.length === 0) this.#threads = this.#hire()
  }

  /** Starts one CPU of the active machine. Resolves when it leaves. */
  async run(task: CpuTask): Promise<void> {
    await (this.#threads[task.cpu] as WorkerThread).run(task)
  }

  /** The machine has left by itself. */
  left(machine: Boarded): void {
    if (this.#active === machine) this.#active = undefined
  }

  /** Ends all workers, wherever they are. Never rejects. */
  async dismiss(): Promise<void> {
    const threads = this.#threads
    this.#threads = []
    this.#active = undefined
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #hire(): WorkerThread[] {
    const stray = (error: Error): void => this.#active?.strayError(error)
    const options = { entry, checked: this.#checked, heapMb: HEAP_MB, stray }
    return Array.from({ length: this.cpus }, () => new WorkerThread(options))
  }
}
