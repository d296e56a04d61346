/**
 * Runs a storm: machines on, warm-up, then round after round, in each of which every strategy runs once under every
 * vendor cost (A B C, A B C, …), so that a busy moment of the computer hits all of them.
 *
 * Invariant   whatever happens, nothing is left running and what was measured so far is returned.
 */
import { MachineFailure } from '../machine/failure.ts'
import { onArena } from '../machine/on_arena.ts'
import { environment } from '../results/environment.ts'
import { STORM_SCHEMA, type StormPlan, type StormRun } from '../results/storm.ts'
import { analyse, fitSweep } from './analyse.ts'
import { Cell } from './cell.ts'
import { Fleet, type FleetOptions } from './fleet.ts'
import { roundOperations, type RoundOperations } from './operations.ts'
import { OP_CHECK, OP_ROUND, OP_WARM_UP } from './program.ts'
import { fragile } from './strategies.ts'
import { vendorPlan } from './vendor.ts'
import type { Checkup, Workload } from './workload.ts'
import { workloadNamed } from './workloads/index.ts'

/** Where a run is, for a progress line. */
export interface StormProgress {
  readonly round: number
  readonly rounds: number
  /** `''` while machines boot. */
  readonly strategy: string
  readonly vendor: string
  readonly phase: 'boot' | 'warm-up' | 'round'
}

/** How a storm is run: what does not change its plan. */
export interface StormOptions extends FleetOptions {
  /** Called before each step. */
  readonly progress?: (state: StormProgress) => void
  /** Asked before each step: true ends the run with what there is. */
  readonly stop?: () => boolean
}

/** Warm-up rounds use numbers that no measured round has. */
const WARM_UP = 1 << 20
/** A time limit leaves at least so many rounds. */
const LEAST_ROUNDS = 3
/** Warm-up rounds of a plan with hotplug. */
const HOTPLUG_WARM_UP = 10

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runStorm(plan: StormPlan, options: StormOptions = {}): Promise<StormRun> {
  const storm = new Storm(plan, options)
  let failure: MachineFailure | undefined
  try {
    await storm.run()
  } catch (error) {
    if (!(error instanceof MachineFailure)) throw error
    failure = error
  } finally {
    await storm.fleet.off()
  }
  const { lockReports } = storm.fleet
  const reports = lockReports?.reports ?? []
  const stats = lockReports?.stats ?? []
  const holds = lockReports?.holds ?? []
  const finding = reports.length > 0 || storm.cells.some((cell) => cell.hasFinding)
  const sweep = fitSweep(plan, storm.cells)
  return {
    schema: STORM_SCHEMA,
    plan,
    env: environment(),
    results: analyse(plan, storm.cells),
    ...(sweep.length > 0 && { sweep }),
    ...(lockReports !== undefined && { lockReports: reports }),
    ...(stats.length > 0 && { lockStat: stats }),
    ...(holds.length > 0 && { lockHolds: holds }),
    verdict: failure !== undefined ? 'broken' : finding ? 'finding' : 'ok',
    ...(failure !== undefined && { failure: failure.report }),
  }
}

class Storm {
  readonly fleet: Fleet
  readonly cells: readonly Cell[]
  readonly #plan: StormPlan
  readonly #options: StormOptions
  readonly #workload: Workload
  /** Duplicate-link warnings of each machine since its boot. */
  readonly #warned = new Map<string, number>()
  readonly #started = performance.now()

  constructor(plan: StormPlan, options: StormOptions) {
    this.#plan = plan
    this.#options = options
    this.#workload = workloadNamed(options.workload ?? 'mdev')
    this.fleet = new Fleet(plan, options)
    this.cells = plan.vendors.flatMap((vendor) =>
      plan.cpus.flatMap((cpus) => plan.strategies.map((name) => new Cell(name, vendor, cpus))),
    )
  }

  async run(): Promise<void> {
    const { rounds, warmup, strategies, budgetS } = this.#plan
    this.#report('boot', 0, undefined)
    await this.fleet.powerOn(this.#stopped)
    for (const [i, name] of strategies.entries()) {
      if (warmup === 0 || this.#stopped()) break
      const cell = new Cell(name, vendorPlan('none'), Math.max(...this.#plan.cpus))
      this.#report('warm-up', i, cell)
      await this.#warmUp(cell)
    }
    this.fleet.measure()
    for (let round = 0; round < rounds; round++) {
      const late = budgetS > 0 && performance.now() - this.#started > budgetS * 1000
      if (late && round >= LEAST_ROUNDS) return
      for (const cell of this.cells) {
        if (this.#stopped()) return
        this.#report('round', round, cell)
        await this.#round(cell, round, this.#plan.vendors.indexOf(cell.vendor))
      }
    }
  }

  readonly #stopped = (): boolean => this.#options.stop?.() === true

  #report(phase: StormProgress['phase'], round: number, cell: Cell | undefined): void {
    const rounds = phase === 'warm-up' ? this.#plan.strategies.length : this.#plan.rounds
    const { strategy = '', vendor } = cell ?? {}
    this.#options.progress?.({ phase, round, rounds, strategy, vendor: vendor?.label ?? '' })
  }

  /** All warm-up rounds of one strategy. They are one command, and one ordinary round behind them is checked. */
  async #warmUp(cell: Cell): Promise<void> {
    const { hotplug, warmup } = this.#plan
    // A kernel that parents leave may break in each round: then every round is checked, and few have to do.
    if (hotplug > 0) {
      for (let i = 0; i < Math.min(warmup, HOTPLUG_WARM_UP); i++) await this.#round(cell, WARM_UP + i, -1)
      return
    }
    const args = [WARM_UP + 1, warmup, cell.cpus]
    await this.fleet.machine(cell.strategy).command(OP_WARM_UP, args, { cpus: cell.cpus })
    await this.#round(cell, WARM_UP, -1)
  }

  /** One round of one cell; a machine that is the worse for it is replaced. */
  async #round(cell: Cell, round: number, vendor: number): Promise<void> {
    const { strategy } = cell
    try {
      const whole = await this.#measure(cell, round, vendor)
      if (whole) return
    } catch (error) {
      const stuck = error instanceof MachineFailure && fragile(strategy, this.#plan)
      if (!stuck) throw error
      const { damaged, view } = this.fleet.machine(strategy)
      onArena(view, () => {
        cell.takeHang(damaged ? `${error.kind} after an Oops` : error.kind)
      })
    }
    this.#warned.delete(strategy)
    await this.fleet.replace(strategy)
  }

  /** True if the kernel is whole afterwards. */
  async #measure(cell: Cell, round: number, vendor: number): Promise<boolean> {
    const { strategy, cpus } = cell
    const machine = this.fleet.machine(strategy)
    const ops: RoundOperations = roundOperations(this.#plan, round, cpus)
    await machine.command(OP_ROUND, [round, vendor, cpus, round < WARM_UP ? 1 : 0], { cpus })
    onArena(machine.view, () => {
      cell.takeRound(ops, this.#workload)
    })
    const check = (await machine.command(OP_CHECK, [], { cpus: 1 })) as Checkup
    const before = this.#warned.get(strategy) ?? 0
    this.#warned.set(strategy, check.warned)
    cell.takeCheck(check, check.warned - before)
    return check.broken.length === 0 && !machine.damaged
  }
}
