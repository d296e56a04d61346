/**
 * A growth: what does one device more cost when very many are there, and what is a parent with very many worth at its end?
 *
 *   bursts of few devices (the price of the lock) · parents with few devices go · devices come, point after point, and at each
 *   one more is measured · parents with very many devices go, until nothing is left
 *
 * Every strategy has its turn at each step. A control, a machine that stays at the first point, is probed before each of them: what
 * the computer does to one, it does to the other, and growth is judged by multiples of the control's time.
 */
import type { Machine } from '../../../machine/machine.ts'
import type { MachinePlan } from '../../../machine/plan.ts'
import { GROWTH_SCHEMA, type GrowthPlan, type GrowthResult, type GrowthRun } from '../../../results/growth.ts'
import { runSession, type StormOptions } from '../../harness.ts'
import type { StormSession, StormStep } from '../../workload.ts'
import { Row } from './row.ts'
import { controlPlan, growthBytes, growthMachine, total } from './size.ts'

/** The lane of the machine that does not grow. */
const CONTROL = 'control'
const BURST_ROUNDS = 9
/** How often each point is probed, each time in another order of things the computer does beside it. */
const PROBE_ROUNDS = 12
/** Children of parents that go before the growth, and how often. */
const FEW = [16, 128, 1024]
const FEW_ROUNDS = 6

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runGrowth(plan: GrowthPlan, options: StormOptions = {}): Promise<GrowthRun> {
  return { schema: GROWTH_SCHEMA, plan, ...(await runSession(new GrowthSession(plan), options)) }
}

/** Why this computer cannot run the plan; undefined if it can. */
export function whyGrowthTooBig(plan: GrowthPlan): string | undefined {
  const [need, have] = [growthBytes(plan), process.availableMemory()]
  if (need <= have) return undefined
  const mb = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`
  return `${plan.strategies.length} machines of ${total(plan)} devices need ${mb(need)} of memory, and ${mb(have)} are free`
}

class GrowthSession implements StormSession<GrowthResult> {
  readonly lanes: readonly string[]
  readonly cpus: number
  readonly #plan: GrowthPlan
  readonly #rows: readonly Row[]
  readonly #control: Row
  /** What a create costs the control in the present round, nanoseconds. */
  #paceNs = 0

  constructor(plan: GrowthPlan) {
    this.lanes = [...plan.strategies, CONTROL]
    this.#control = new Row(controlPlan(plan), CONTROL)
    this.cpus = plan.cpus
    this.#plan = plan
    this.#rows = plan.strategies.map((strategy) => new Row(plan, strategy))
  }

  machine(strategy: string): MachinePlan {
    if (strategy !== CONTROL) return growthMachine(this.#plan, strategy)
    return growthMachine(controlPlan(this.#plan), this.#plan.strategies[0] as string, CONTROL)
  }

  get found(): boolean {
    return this.#rows.some(({ found }) => found)
  }

  results(): GrowthResult[] {
    return this.#rows.filter(({ begun }) => begun).map((row) => row.result())
  }

  *steps(): Iterable<StormStep> {
    yield* this.#each('warming up', (row, machine) => row.warmUp(machine), 'warm-up')
    yield this.#step(this.#control, 'warming up', (row, machine) => row.warmUp(machine), 'warm-up')
    yield* this.#small()
    const { points, parents } = this.#plan
    const few = points[0] as number
    yield this.#step(this.#control, `growing to ${few} devices`, (row, machine) => row.growTo(machine, few))
    for (const point of points) {
      yield* this.#each(`growing to ${point} devices`, (row, machine) => row.growTo(machine, point))
      for (let n = 0; n < PROBE_ROUNDS; n++) yield* this.#probes(few, point)
    }
    for (let parent = 0; parent < parents; parent++) {
      yield* this.#each(`parent ${parent} goes`, (row, machine) => row.unregister(machine, parent))
    }
    yield* this.#checks()
  }

  /** The control has its turn before each strategy: a computer may change its pace from one moment to the next. */
  *#probes(few: number, point: number): Iterable<StormStep> {
    for (const one of this.#rows) {
      yield this.#step(this.#control, `one more than ${few} devices`, async (row, machine) => {
        this.#paceNs = await row.pace(machine)
      })
      yield this.#step(one, `one more than ${point} devices`, (row, machine) =>
        row.probe(machine, this.#paceNs),
      )
    }
  }

  *#small(): Iterable<StormStep> {
    const { vendors, devices } = this.#plan
    for (let round = 0; round < BURST_ROUNDS; round++) {
      for (const [i, { label }] of vendors.entries()) {
        yield* this.#each(`burst, vendor ${label}`, (row, machine) => row.burst(machine, round, i))
      }
    }
    for (const children of FEW.filter((few) => few < devices)) {
      for (let n = 0; n < FEW_ROUNDS; n++) {
        const label = `a parent with ${children} devices goes`
        yield* this.#each(label, (row, machine) => row.smallUnregistration(machine, children))
      }
    }
    yield* this.#checks()
  }

  *#checks(): Iterable<StormStep> {
    yield* this.#each('looking at the kernel', async (row, machine) => void (await row.check(machine)))
  }

  *#each(
    label: string,
    run: (row: Row, machine: Machine) => Promise<void>,
    phase: StormStep['phase'] = 'round',
  ): Iterable<StormStep> {
    for (const row of this.#rows) yield this.#step(row, label, run, phase)
  }

  #step(
    row: Row,
    label: string,
    run: (row: Row, machine: Machine) => Promise<void>,
    phase: StormStep['phase'] = 'round',
  ): StormStep {
    const step = async (machine: Machine): Promise<boolean> => {
      await run(row, machine)
      return true
    }
    return { lane: row.strategy, phase, round: 0, rounds: 1, label, run: step }
  }
}
