/**
 * The machines of a storm: one per strategy, each with its own arena, all with the same crew of workers, which goes from
 * one to the other. A machine whose kernel was damaged is replaced.
 */
import type { DetectorPlan } from '../debug/detectors.ts'
import { PlanTooBig, type MachinePlan } from '../machine/plan.ts'
import { Crew } from '../machine/crew.ts'
import type { Machine } from '../machine/machine.ts'
import { powerOn } from '../machine/power.ts'
import type { Patience } from '../machine/watchdog.ts'
import type { StormPlan, VendorCost } from '../results/storm.ts'
import type { LockReports } from './detectors.ts'
import { longerMs } from './holds.ts'
import { fragile } from './strategies.ts'
import { arenaBytes, capacityOf, lockSlots, machineCpus } from './size.ts'
import type { Fault, StormMachine } from './workload.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** No heartbeat for so long, on top of the vendor's time: stuck. Milliseconds. */
const HANG_MS = 4_000
/** The same for a strategy that is expected to get stuck. */
const FRAGILE_HANG_MS = 2_500
/** A round may take that long whatever it does, milliseconds. */
const ROUND_MS = 20_000
/** An operation without vendor cost takes less, by far, milliseconds. */
const OPERATION_MS = 20

/** Longest time of one operation, milliseconds. An exponential time has no bound; what exceeds it once in e^20 will do. */
function longestMs(cost: VendorCost): number {
  return (cost.ns / 1e6) * (cost.distribution === 'exponential' ? 20 : 1)
}

function vendorMs(plan: StormPlan): number {
  return Math.max(...plan.vendors.flatMap((vendor) => [longestMs(vendor.create), longestMs(vendor.remove)]))
}

/** How long the watchdog waits under a plan, per strategy. */
function patienceFor(plan: StormPlan, strategy: string): Patience {
  const vendor = vendorMs(plan) + longerMs(plan.holds ?? [], machineCpus(plan))
  const operations = 2 * plan.parents * plan.devices
  return {
    hangMs: (fragile(strategy, plan) ? FRAGILE_HANG_MS : HANG_MS) + 2 * vendor,
    damagedMs: 700 + 2 * vendor,
    budgetMs: ROUND_MS + operations * (OPERATION_MS + 2 * vendor),
  }
}

/** Options that are not part of the plan. */
export interface FleetOptions {
  readonly workload?: string
  readonly fault?: Fault
  /** Detectors that every machine runs under, in the checked build. */
  readonly detectors?: DetectorPlan
}

/** Who watches the machines, or delays them; undefined for nobody: they run the fast build then. */
function detectorsOf({ holds = [] }: StormPlan, { detectors }: FleetOptions): DetectorPlan | undefined {
  return holds.length === 0 ? detectors : { ...detectors, lockHold: holds }
}

/** The machines of a plan. */
export class Fleet {
  readonly #plan: StormPlan
  readonly #options: FleetOptions
  readonly #machines = new Map<string, Machine>()
  readonly #crew: Crew
  readonly #detectors: DetectorPlan | undefined
  #made = 0
  #measuring = false
  #lockReports: LockReports | undefined

  constructor(plan: StormPlan, options: FleetOptions) {
    this.#plan = plan
    this.#options = options
    this.#detectors = detectorsOf(plan, options)
    this.#crew = new Crew(machineCpus(plan), this.#detectors !== undefined)
  }

  /** What the detectors found; undefined without detectors. Complete when the machines are off. */
  get lockReports(): LockReports | undefined {
    return this.#lockReports
  }

  /** The warm-up is over: what locks cost is counted from here, and those of the plan are held longer. */
  measure(): void {
    this.#measuring = true
    for (const { view } of this.#machines.values()) this.#lockReports?.measure(view)
  }

  /** Switches all machines on, until `stop` says otherwise. On failure the caller still has to switch off. */
  async powerOn(stop: () => boolean): Promise<void> {
    for (const strategy of this.#plan.strategies) {
      if (stop()) return
      await this.replace(strategy)
    }
  }

  /** The machine of a strategy. */
  machine(strategy: string): Machine {
    const machine = this.#machines.get(strategy)
    if (machine === undefined) throw new PlanTooBig(`no machine runs ${strategy}`)
    return machine
  }

  /** Switches a strategy's machine off, if there is one, and a new one on. */
  async replace(strategy: string): Promise<void> {
    await this.#retire(strategy)
    const machine = await powerOn(await this.#watched(this.#machinePlan(strategy)), this.#crew)
    if (this.#measuring) this.#lockReports?.measure(machine.view)
    this.#machines.set(strategy, machine)
  }

  async #retire(strategy: string): Promise<void> {
    const machine = this.#machines.get(strategy)
    if (machine === undefined) return
    await machine.off()
    this.#lockReports?.take(strategy, machine.view)
    this.#machines.delete(strategy)
  }

  async #watched(plan: MachinePlan): Promise<MachinePlan> {
    const detectors = this.#detectors
    if (detectors === undefined) return plan
    const { LockReports, watchedMachine } = await import('./detectors.ts')
    this.#lockReports ??= new LockReports(detectors)
    return watchedMachine(plan, detectors)
  }

  /** Switches everything off. Never rejects. */
  async off(): Promise<void> {
    await this.#crew.dismiss()
    await Promise.all([...this.#machines.keys()].map((strategy) => this.#retire(strategy)))
  }

  #machinePlan(strategy: string): MachinePlan {
    const plan = this.#plan
    const { workload = 'mdev', fault } = this.#options
    const cpus = machineCpus(plan)
    const arg: StormMachine = {
      id: `${strategy}#${this.#made++}`,
      plan,
      strategy,
      cpus,
      capacity: capacityOf(plan),
      workload,
      ...(fault !== undefined && { fault }),
    }
    return {
      name: strategy,
      cpus,
      arenaBytes: arenaBytes(plan),
      program: PROGRAM,
      arg,
      lockSlots: lockSlots(plan),
      patience: patienceFor(plan, strategy),
    }
  }
}
