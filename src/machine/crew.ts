/**
 * A crew: the worker threads that machines run on. Several machines can share one: their arenas stay, and the workers go
 * from one to the other. So code that all of them run is compiled once per worker, not once per worker and machine, and
 * a comparison of machines is not one of how well their code was warmed up.
 *
 * Invariant   at most one machine is active on a crew. When a machine breaks, its crew is sent home, workers and all;
 *             the next machine gets a new one.
 * Context     main's event loop.
 */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { CHECKED_ARGV, mustGetChecked } from './checked.ts'
import type { CpuTask } from './cpu.ts'
import { HEAP_MB } from './plan.ts'

const entry = fileURLToPath(new URL('../../workers/cpu.js', import.meta.url))

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
  #pool: Piscina | undefined
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
    this.#pool ??= this.#hire()
  }

  /** Starts one CPU of the active machine. Resolves when it leaves. */
  async run(task: CpuTask): Promise<void> {
    await (this.#pool as Piscina).run(task)
  }

  /** The machine has left by itself. */
  left(machine: Boarded): void {
    if (this.#active === machine) this.#active = undefined
  }

  /** Ends all workers, wherever they are. Never rejects. */
  async dismiss(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    this.#active = undefined
    await pool?.destroy()
  }

  #hire(): Piscina {
    const pool = new Piscina({
      filename: entry,
      minThreads: this.cpus,
      maxThreads: this.cpus,
      concurrentTasksPerWorker: 1,
      idleTimeout: Infinity,
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      ...(this.#checked && { execArgv: [...CHECKED_ARGV] }),
    })
    pool.on('error', (error: Error) => {
      this.#active?.strayError(error)
    })
    return pool
  }
}
