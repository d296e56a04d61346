/**
 * A machine that is switched on: main's handle of its CPUs.
 *
 * Invariant   after `off`, or after a failure, no worker of the machine is left and its arena is not used again.
 * Context     main's event loop, which never blocks: it waits through its switchboard and looks around every LOOK_MS.
 */
import type { CpuTask } from './cpu.ts'
import type { Boarded, Crew } from './crew.ts'
import { causeOfDeath, cpuReport, MachineFailure, type FailureKind } from './failure.ts'
import { round_barrier } from './globals.ts'
import { barrier_init } from '../sync/barrier.ts'
import { onArena } from './on_arena.ts'
import { publishMachine, type SeenMachine } from './published.ts'
import { BOOT_BUDGET_MS, PATIENCE, type MachinePlan } from './plan.ts'
import { loadProgram, OP_STOP, type Program } from './program.ts'
import { Switchboard } from './switchboard.ts'
import { take_answer } from './text_area.ts'
import { Stopwatch, Watchdog, type Patience } from './watchdog.ts'

/** How often main looks around, milliseconds. */
const LOOK_MS = 50

/** How a command runs. */
export interface CommandOptions {
  /** CPUs 0 … n − 1 take part; default all. */
  readonly cpus?: number
  readonly patience?: Partial<Patience>
}

/** Use powerOn to make one. */
export class Machine implements Boarded {
  readonly plan: MachinePlan
  /** The arena, for readers: `onArena(machine.view, …)`. */
  readonly view: Int32Array
  readonly #crew: Crew
  readonly #shared: boolean
  readonly #board: Switchboard
  readonly #timer: NodeJS.Timeout
  readonly #unpublish: () => void
  #seq = 0
  #watch: { readonly dog: Watchdog; readonly patience: Patience } | undefined
  #booting: Stopwatch | undefined
  #program: Program | undefined
  #failure: MachineFailure | undefined
  #off: Promise<void> | undefined
  /** CPUs that are aboard; each promise settles when its CPU has left. */
  #aboard: Promise<void>[] = []

  constructor(plan: MachinePlan, view: Int32Array, crew: Crew, shared: boolean) {
    this.plan = plan
    this.view = view
    this.#crew = crew
    this.#shared = shared
    this.#board = new Switchboard(view, plan.cpus)
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#unpublish = publishMachine(() => this.#see())
  }

  /** As it is now, for who looks at runs. */
  async #see(): Promise<SeenMachine> {
    const { seeProgram } = await import('./see.ts')
    const { name, cpus } = this.plan
    const active = this.#crew.runs(this)
    return onArena(this.view, () => seeProgram(name, active ? cpus : 0, this.#program, this.view))
  }

  /** For its crew. */
  strayError(error: Error): void {
    this.#fail('throw', -1, `a worker failed outside its task: ${error.message}`)
  }

  /** Why the machine broke; undefined while it works. */
  get failure(): MachineFailure | undefined {
    return this.#failure
  }

  /** True once a task has died of an Oops: the arena is not to be trusted after this command. */
  get damaged(): boolean {
    return this.#board.word('damaged') > 0
  }

  /** 0 booting, 1 booted, negative: what the program's boot answered. */
  get bootResult(): number {
    return this.#board.word('booted')
  }

  /** Starts the CPUs and waits until all have booted. */
  async boot(): Promise<void> {
    this.#program = await loadProgram(this.plan.program)
    await this.#bringAboard()
  }

  /** Brings the CPUs aboard, if they are not. The first time they boot. */
  async #bringAboard(): Promise<void> {
    if (this.#crew.runs(this)) return
    const { program: url, arg, cpus, files } = this.plan
    await this.#crew.board(this)
    this.#board.expect(cpus)
    const sab = this.view.buffer as unknown as SharedArrayBuffer
    this.#aboard = Array.from({ length: cpus }, async (_, cpu) => {
      const task: CpuTask = { sab, cpu, program: url, arg, files }
      try {
        await this.#crew.run(task)
      } catch (error) {
        this.#died(cpu, error as Error)
      }
    })
    this.#booting = new Stopwatch(performance.now())
    try {
      await this.#board.finished(() => this.#failure)
    } finally {
      this.#booting = undefined
    }
  }

  /**
   * Runs a command on the CPUs at the same time. Resolves with what CPU 0 answered last; the numbers go by value.
   * @throws MachineFailure when a worker dies, hangs, or the time is up
   */
  async command(
    opcode: number,
    args: readonly number[] = [],
    options: CommandOptions = {},
  ): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    const { cpus = this.plan.cpus, patience } = options
    await this.#bringAboard()
    const seq = ++this.#seq
    onArena(this.view, () => barrier_init(round_barrier(), cpus))
    this.#board.expect(cpus)
    const dog = new Watchdog(this.view, this.#board.boxes.slice(0, cpus), seq, performance.now())
    this.#watch = { dog, patience: { ...PATIENCE, ...this.plan.patience, ...patience } }
    this.#board.post(cpus, seq, opcode, args)
    try {
      await this.#board.finished(() => this.#failure)
    } finally {
      this.#watch = undefined
    }
    return onArena(this.view, take_answer)
  }

  /** Switches the machine off. Never rejects; a machine that is off stays off. */
  off(): Promise<void> {
    this.#off ??= this.#switchOff()
    return this.#off
  }

  async #switchOff(): Promise<void> {
    clearInterval(this.#timer)
    this.#unpublish()
    if (this.#shared && this.#failure === undefined) {
      if (!this.#crew.runs(this)) return
      await this.park()
      this.#crew.left(this)
      return
    }
    // CPUs that hang can only be ended with their workers.
    if (this.#shared && !this.#crew.runs(this)) return
    this.#dismissCpus()
    await this.#crew.dismiss()
  }

  /** The CPUs leave for another machine; the arena stays as it is. */
  async park(): Promise<void> {
    this.#dismissCpus()
    await Promise.all(this.#aboard)
  }

  #dismissCpus(): void {
    this.#board.post(this.plan.cpus, ++this.#seq, OP_STOP)
  }

  #look(): void {
    // A wake-up that the engine lost would otherwise be waited for in vain.
    if (this.#board.word('pending') === 0) this.#board.poke()
    const { bootMs = BOOT_BUDGET_MS } = this.plan
    if ((this.#booting?.look(performance.now()) ?? 0) > bootMs) {
      this.#fail('boot', -1, `the CPUs have not booted within ${bootMs / 1000} s`)
    }
    if (this.#watch === undefined || this.#failure !== undefined) return
    const verdict = this.#watch.dog.look(performance.now(), this.#watch.patience, this.damaged)
    if (verdict !== undefined) this.#fail(verdict.kind, verdict.cpu, verdict.message)
  }

  #died(cpu: number, error: Error): void {
    const { kind, message } = causeOfDeath(cpu, error, this.bootResult)
    this.#fail(kind, cpu, message)
  }

  #fail(kind: FailureKind, cpu: number, message: string): void {
    if (this.#off !== undefined || this.#failure !== undefined) return
    const state = onArena(this.view, () => cpuReport(this.plan.cpus, this.#program))
    const report = `machine '${this.plan.name}': ${message}\n${state}`
    this.#failure = new MachineFailure(kind, cpu, message.split('\n')[0] as string, report)
    this.#board.poke()
    void this.off()
  }
}
