/**
 * A storm of mdevs: warm-up, then round after round, in each of which every strategy runs once under every vendor cost.
 */
import { filesOf, toldOf } from '../../../define/brought.ts'
import type { MachineFailure } from '../../../machine/failure.ts'
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import type { MachinePlan } from '../../../machine/plan.ts'
import {
  FLOOR,
  STORM_SCHEMA,
  type StormPlan,
  type StormResult,
  type StormRun,
  type WarmUp,
} from '../../../results/storm.ts'
import { runSession, type StormOptions } from '../../harness.ts'
import type { StormSession, StormStep } from '../../workload.ts'
import { analyse, fitSweep } from './analyse.ts'
import { Cell } from './cell.ts'
import type { Checkup, Fault, MdevKernel } from './kernel.ts'
import { kernelNamed } from './kernels.ts'
import { machineOf } from './machine.ts'
import { roundOperations, type RoundOperations } from './operations.ts'
import type { RealTree } from './real/tree.ts'
import { OP_CHECK, OP_ROUND, OP_WARM_UP } from './program.ts'
import { HOTPLUG_WARM_UP, lanesOf, machineCpus } from './size.ts'
import { fragile } from './strategies.ts'
import { WarmUps } from './warm_up.ts'
import { vendorPlan } from './vendor.ts'
import type { TraceBook } from './timelines.ts'
import type { WaitBook } from './waits.ts'

/** What does not change the plan. */
export interface MdevOptions extends StormOptions {
  /** What is driven in place of the kernel. */
  readonly kernel?: string
  readonly fault?: Fault
  /** With the kernel `real`: the tree, and who is told of the devices of a round before it begins. */
  readonly tree?: RealTree
  readonly before?: (operations: RoundOperations) => void
  /** Where a pass of its own, in the checked build, notes what it finds: who waits for whom, or what CPUs do. */
  readonly book?: WaitBook | TraceBook
}

/** Warm-up rounds use numbers that no measured round has. */
const WARM_UP = 1 << 20
/** Warm-up rounds of a pass that notes something else than times. */
const PASS_WARM_UP = 5
const ONCE = { round: 0, rounds: 1 }
/** Of a run's time, what warming up may take at most; and the same where the run has no limit, milliseconds. */
const WARM_UP_PART = 0.45
const WARM_UP_MS = 60_000
/** A time limit leaves at least so many rounds. */
const LEAST_ROUNDS = 3

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runStorm(plan: StormPlan, options: MdevOptions = {}): Promise<StormRun> {
  const session = new MdevSession(plan, options)
  const { holds = [] } = plan
  const detectors = holds.length === 0 ? options.detectors : { ...options.detectors, lockHold: holds }
  const end = await runSession(session, { ...options, ...(detectors !== undefined && { detectors }) })
  const sweep = fitSweep(plan, session.cells)
  const { bootMs, warmUps } = session
  const run: StormRun = {
    schema: STORM_SCHEMA,
    plan,
    bootMs,
    warmUps,
    ...end,
    ...(sweep.length > 0 && { sweep }),
  }
  if ((plan.waits ?? 0) === 0 || end.failure !== undefined || options.stop?.() === true) return run
  return { ...run, ...(await waitsPass(plan, options)) }
}

/** The plan once more, in the checked build, to see who waits for whom: of its times only shares say something. */
async function waitsPass(
  plan: StormPlan,
  options: MdevOptions,
): Promise<Pick<StormRun, 'waits'> & Partial<Pick<StormRun, 'verdict' | 'failure'>>> {
  const { WaitBook } = await import('./waits.ts')
  const book = new WaitBook()
  const { waits: rounds = 0, slow: _, ...rest } = plan
  const session = new MdevSession({ ...rest, rounds, warmup: PASS_WARM_UP, budgetS: 0 }, { ...options, book })
  const end = await runSession(session, { ...options, detectors: { lockWaits: true } })
  const waits = book.results()
  if (end.failure === undefined) return { waits }
  return { waits, verdict: end.verdict, failure: end.failure }
}

/** One round of the plan in the checked build, of which everything is kept that CPUs do. */
export async function recordStorm(plan: StormPlan, options: MdevOptions = {}): Promise<TraceBook> {
  const { TraceBook } = await import('./timelines.ts')
  const book = new TraceBook()
  const { slow: _, waits: _waits, ...rest } = plan
  const once = { ...rest, rounds: 1, warmup: PASS_WARM_UP, budgetS: 0 }
  const end = await runSession(new MdevSession(once, { ...options, book }), {
    ...options,
    detectors: { timeline: {} },
  })
  book.failure = end.failure
  return book
}

class MdevSession implements StormSession<StormResult> {
  readonly lanes: readonly string[]
  readonly control = FLOOR
  readonly cpus: number
  readonly cells: readonly Cell[]
  bootMs = 0
  readonly #warm: WarmUps
  readonly #plan: StormPlan
  readonly #options: MdevOptions
  readonly #kernel: MdevKernel
  /** Duplicate-link warnings of each machine since its boot. */
  readonly #warned = new Map<string, number>()
  readonly #started = performance.now()
  #made = 0

  constructor(plan: StormPlan, options: MdevOptions) {
    this.lanes = lanesOf(plan)
    this.cpus = machineCpus(plan)
    this.#plan = plan
    this.#options = options
    this.#kernel = kernelNamed(options.kernel ?? 'sysfs')
    const limitMs = plan.budgetS > 0 ? plan.budgetS * 1000 * WARM_UP_PART : WARM_UP_MS
    this.#warm = new WarmUps(this.lanes, plan, this.cpus, limitMs)
    this.cells = plan.vendors.flatMap((vendor) =>
      plan.cpus.flatMap((cpus) => this.lanes.map((name) => new Cell(name, vendor, cpus))),
    )
  }

  machine(strategy: string): MachinePlan {
    this.#warned.delete(strategy)
    const { kernel = 'sysfs', fault, tree } = this.#options
    const id = `${strategy}#${this.#made++}`
    const what =
      strategy === FLOOR
        ? { kernel: FLOOR, fault: undefined }
        : { kernel, fault, ...(tree !== undefined && { tree }) }
    return machineOf(this.#plan, strategy, { id, ...what })
  }

  get found(): boolean {
    return this.cells.some((cell) => cell.hasFinding)
  }

  booted(ms: number): void {
    this.bootMs = ms
  }

  results(): StormResult[] {
    return analyse(this.#plan, this.cells).map((row) => {
      const why = [this.#warm.whyCold(row.strategy), row.unsteady].filter((one) => one !== null)
      return { ...row, unsteady: why.length === 0 ? null : why.join('; ') }
    })
  }

  /** How each machine was warmed up. */
  get warmUps(): WarmUp[] {
    return this.#warm.results()
  }

  *steps(): Iterable<StormStep> {
    yield* this.#warmUps()
    const { rounds, vendors, budgetS } = this.#plan
    for (let round = 0; round < rounds; round++) {
      const late = budgetS > 0 && performance.now() - this.#started > budgetS * 1000
      if (late && round >= LEAST_ROUNDS) return
      for (const cell of this.cells) {
        yield this.#step(cell, round, vendors.indexOf(cell.vendor), { phase: 'round', round, rounds })
      }
    }
  }

  *#warmUps(): Iterable<StormStep> {
    const { hotplug } = this.#plan
    const cells = this.lanes.map((strategy) => new Cell(strategy, vendorPlan('none'), this.cpus))
    // A kernel that parents leave may break in each round: then every round is checked, and few have to do.
    if (hotplug === 0) yield* this.#unchecked(cells)
    const checked = hotplug > 0 ? Math.min(this.#plan.warmup ?? HOTPLUG_WARM_UP, HOTPLUG_WARM_UP) : 1
    if (this.#plan.warmup === 0) return
    for (const cell of cells) {
      for (let n = 0; n < checked; n++) yield this.#step(cell, WARM_UP + n, -1, { phase: 'warm-up', ...ONCE })
    }
  }

  /** Rounds that nobody looks at, machine after machine, until all are warm. */
  *#unchecked(cells: readonly Cell[]): Iterable<StormStep> {
    for (let pass = 0; cells.some(({ strategy }) => this.#warm.next(strategy, pass) > 0); pass++) {
      for (const cell of cells) {
        const { strategy, cpus } = cell
        const rounds = this.#warm.next(strategy, pass)
        if (rounds === 0) continue
        const where = { phase: 'warm-up', round: pass, rounds: 0 } as const
        const run = async (machine: Machine): Promise<boolean> => {
          const start = performance.now()
          this.#tell(strategy, roundOperations(this.#plan, WARM_UP + 1, cpus))
          const cpuMs = await machine.command(OP_WARM_UP, [WARM_UP + 1, rounds, cpus], { cpus })
          this.#warm.made(strategy, rounds, performance.now() - start, cpuMs as number)
          return true
        }
        yield { ...this.#step(cell, WARM_UP, -1, where), run }
      }
    }
  }

  #step(
    cell: Cell,
    round: number,
    vendor: number,
    where: Pick<StormStep, 'phase' | 'round' | 'rounds'>,
  ): StormStep {
    return {
      ...where,
      lane: cell.strategy,
      label: cell.vendor.label,
      run: (machine) => this.#round(machine, cell, round, vendor),
      broke: (machine, failure) => this.#broke(machine, cell, failure),
    }
  }

  /** The floor makes no devices. */
  #tell(strategy: string, operations: RoundOperations): void {
    if (strategy !== FLOOR) this.#options.before?.(operations)
  }

  /** One round of one cell. True if the kernel is whole afterwards. */
  async #round(machine: Machine, cell: Cell, round: number, vendor: number): Promise<boolean> {
    const { strategy, cpus } = cell
    const ops = roundOperations(this.#plan, round, cpus)
    this.#tell(strategy, ops)
    const { book } = this.#options
    if (round < WARM_UP) book?.begin(machine.view)
    await machine.command(OP_ROUND, [round, vendor, cpus, round < WARM_UP ? 1 : 0], { cpus })
    if (round < WARM_UP) book?.take(machine.view, cell)
    onArena(machine.view, () =>
      cell.takeRound(round, ops, strategy === FLOOR ? kernelNamed(FLOOR) : this.#kernel),
    )
    const check = (await machine.command(OP_CHECK, [], { cpus: 1 })) as Checkup
    const before = this.#warned.get(strategy) ?? 0
    this.#warned.set(strategy, check.warned)
    cell.takeCheck(check, check.warned - before)
    return check.broken.length === 0 && !machine.damaged
  }

  #broke({ damaged, view }: Machine, cell: Cell, { kind, report }: MachineFailure): boolean {
    if (!fragile(cell.strategy, this.#plan)) return false
    const files = filesOf('strategy', [cell.strategy])
    const theirs = kind === 'throw' && files.length > 0
    const what = theirs ? toldOf(report, files).replace(/^.*?CPU \d+ threw: /, '') : kind
    onArena(view, () => cell.takeHang(damaged ? `${what} after an Oops` : what))
    return true
  }
}
