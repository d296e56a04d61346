/**
 * An unplug storm: slice after slice, in each of which every fence has its turn.
 *
 * Slices     first one without users, for the idle latency, and one beside a reader of another device; then those with users, as many unplugs as go. With sleepers the second
 *            half is at a pace, for half of it without them: what differs then is the sleepers' doing.
 */
import { fenceNamed, type FenceType } from '../../../fences/index.ts'
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { PlanTooBig, type MachinePlan } from '../../../machine/plan.ts'
import {
  UNPLUG_SCHEMA,
  unplugFinding,
  type UnplugPlan,
  type UnplugResult,
  type UnplugRun,
} from '../../../results/unplug.ts'
import { runSession, type StormOptions } from '../../harness.ts'
import { Tally } from '../../histogram.ts'
import type { StormSession, StormStep } from '../../workload.ts'
import { CLOSE, STRANGER, TALLIES, TOLD, takeCounts, takeLatencies, type Counts } from './area.ts'
import { OP_CHECK, OP_COST, OP_SLICE, OTHER_CPUS, type UnplugCheck, type UnplugMachine } from './program.ts'
import { unplugArenaBytes, whyUnplugTooBig } from './size.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** Longest slice, milliseconds: a hundred workers take a second or two to go from one machine to the next. */
const SLICE_MS = 5000
/** Signs of progress between two unplugs at a pace: some milliseconds, about what it takes a hundred sleepers to fall asleep. */
const PACE = 500
/** Unplugs of the slice without users, and its longest time. */
const IDLE_UNPLUGS = 300
const IDLE_MS = 10_000
/** Unplugs beside a stranger. */
const STRANGER_UNPLUGS = 100
/** With a hundred threads on two cores a CPU may not run for a while. */
const HANG_MS = 20_000
/** A hundred workers on a busy computer. */
const BOOT_MS = 180_000
/** Time of a slice beyond its own. */
const SLACK_MS = 60_000

interface Slice {
  readonly ms: number
  readonly users: number
  readonly sleepers: number
  readonly most: number
  readonly situation: number
  /** Signs of progress that users give between two unplugs. */
  readonly pace: number
}

/** The slices of each fence. */
export function slicesOf({ cpus, sleepers, durationMs }: UnplugPlan): readonly Slice[] {
  const idle: Slice = { ms: IDLE_MS, users: 0, sleepers: 0, most: IDLE_UNPLUGS, situation: 0, pace: 0 }
  const loaded: Slice = { ms: durationMs, users: cpus, sleepers: 0, most: 0, situation: 1, pace: cpus }
  const beside: Slice = { ...idle, users: 1, most: STRANGER_UNPLUGS, situation: STRANGER, pace: 1 }
  if (sleepers === 0) return [idle, beside, ...shared(loaded)]
  const paced: Slice = { ...loaded, ms: durationMs / 4, situation: 2, pace: PACE }
  const slept: Slice = { ...paced, sleepers, situation: 3 }
  return [idle, beside, ...shared({ ...loaded, ms: durationMs / 2 }), ...shared(paced), ...shared(slept)]
}

/** The same time in slices that are not too long. */
function shared(slice: Slice): readonly Slice[] {
  const times = Math.max(1, Math.ceil(slice.ms / SLICE_MS))
  return Array.from({ length: times }, () => ({ ...slice, ms: slice.ms / times }))
}

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runUnplug(plan: UnplugPlan, options: StormOptions = {}): Promise<UnplugRun> {
  const why = whyUnplugTooBig(plan)
  if (why !== undefined) throw new PlanTooBig(why)
  return { schema: UNPLUG_SCHEMA, plan, ...(await runSession(new UnplugSession(plan), options)) }
}

class UnplugSession implements StormSession<UnplugResult> {
  readonly lanes: readonly string[]
  readonly cpus: number
  readonly #plan: UnplugPlan
  readonly #rows: readonly Row[]

  constructor(plan: UnplugPlan) {
    this.lanes = plan.fences
    this.cpus = OTHER_CPUS + plan.cpus + plan.sleepers
    this.#plan = plan
    this.#rows = plan.fences.map((fence) => new Row(fenceNamed(fence) as FenceType))
  }

  machine(fence: string): MachinePlan {
    const plan = this.#plan
    const arg: UnplugMachine = { plan, fence }
    const arenaBytes = unplugArenaBytes(plan)
    return { name: fence, cpus: this.cpus, arenaBytes, program: PROGRAM, arg, bootMs: BOOT_MS }
  }

  get found(): boolean {
    return this.results().some(unplugFinding)
  }

  results(): UnplugResult[] {
    return this.#rows.filter(({ ran }) => ran).map((row) => row.result())
  }

  *steps(): Iterable<StormStep> {
    const slices = slicesOf(this.#plan)
    const rounds = slices.length
    for (const [round, slice] of slices.entries()) {
      for (const row of this.#rows) {
        const run = (machine: Machine): Promise<boolean> => row.slice(machine, round, slice)
        yield { lane: row.type.name, phase: 'round', round, rounds, label: '', run }
      }
    }
    // Last, when the code has been compiled for all fences alike.
    for (const row of this.#rows) {
      const run = (machine: Machine): Promise<boolean> => row.cost(machine)
      yield { lane: row.type.name, phase: 'round', round: rounds, rounds, label: 'read side', run }
    }
  }
}

/** What is gathered of one fence. */
class Row {
  readonly type: FenceType
  readonly #tallies = Array.from({ length: TALLIES }, () => new Tally())
  readonly #counts: Counts = { ops: 0, woken: 0, left: 0, errnos: {} }
  #check: UnplugCheck = { late: 0, unmapped: 0, broken: [] }
  #readSideNs = 0
  #busyMs = 0
  #slices = 0

  constructor(type: FenceType) {
    this.type = type
  }

  /** True if there is something to tell. */
  get ran(): boolean {
    return this.#slices > 0
  }

  async cost(machine: Machine): Promise<boolean> {
    this.#readSideNs = (await machine.command(OP_COST, [], { cpus: 1 })) as number
    return true
  }

  async slice(machine: Machine, number: number, slice: Slice): Promise<boolean> {
    const { ms, users, sleepers, most, situation, pace } = slice
    const args = [number, Math.ceil(ms), users, sleepers, most, situation, pace]
    const patience = { hangMs: HANG_MS, budgetMs: ms + SLACK_MS }
    await machine.command(OP_SLICE, args, { cpus: OTHER_CPUS + users + sleepers, patience })
    if (pace > 1) this.#busyMs += ms
    onArena(machine.view, () => {
      takeCounts(this.#counts)
      takeLatencies(this.#tallies)
    })
    this.#check = (await machine.command(OP_CHECK, [], { cpus: 1 })) as UnplugCheck
    this.#slices++
    return true
  }

  result(): UnplugResult {
    const { name, history, strong } = this.type
    const latencies = this.#tallies.map((tally) => tally.latency())
    const none = new Tally().latency()
    const [
      idleNs = none,
      loadedNs = none,
      pacedNs = none,
      sleepersNs = none,
      strangerNs = none,
      toldNs = none,
    ] = latencies
    const [idle = none, loaded = none, paced = none, sleepers = none] = latencies.slice(CLOSE)
    const { ops } = this.#counts
    return {
      fence: name,
      history,
      strong,
      readSideNs: this.#readSideNs,
      ...this.#counts,
      opsPerSecond: this.#busyMs === 0 ? 0 : (ops * 1000) / this.#busyMs,
      unplugs: this.#tallies.slice(0, TOLD).reduce((sum, { count }) => sum + count, 0),
      idleNs,
      loadedNs,
      pacedNs,
      sleepersNs,
      toldNs,
      strangerNs,
      closeNs: { idle, loaded, paced, sleepers },
      ...this.#check,
    }
  }
}
