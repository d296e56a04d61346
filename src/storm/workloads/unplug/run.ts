/**
 * Runs an unplug storm: one machine per fence, all with the same crew; slice after slice, in each of which every fence has
 * its turn (A B C, A B C, …), so that a busy moment of the computer hits all of them.
 *
 * Slices     first one without users, for the idle latency; then those with users, as many unplugs as go. With sleepers the second
 *            half is at a pace, for half of it without them: what differs then is the sleepers' doing.
 * Invariant  whatever happens, nothing is left running and what was measured so far is returned.
 */
import { fenceNamed, type FenceType } from '../../../fences/index.ts'
import { Crew } from '../../../machine/crew.ts'
import { MachineFailure } from '../../../machine/failure.ts'
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { PlanTooBig } from '../../../machine/plan.ts'
import { powerOn } from '../../../machine/power.ts'
import { environment } from '../../../results/environment.ts'
import {
  UNPLUG_SCHEMA,
  unplugFinding,
  type UnplugPlan,
  type UnplugResult,
  type UnplugRun,
} from '../../../results/unplug.ts'
import { Tally } from '../../histogram.ts'
import { CLOSE, TALLIES, TOLD, takeCounts, takeLatencies, type Counts } from './area.ts'
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
/** With a hundred threads on two cores a CPU may not run for a while. */
const HANG_MS = 20_000
/** A hundred workers on a busy computer. */
const BOOT_MS = 180_000
/** Time of a slice beyond its own. */
const SLACK_MS = 60_000

/** Options that are not part of the plan. */
export interface UnplugOptions {
  /** Called before each slice: slice, slices, fence. */
  readonly progress?: (slice: number, slices: number, fence: string) => void
  /** Asked before each step: true ends the run with what there is. */
  readonly stop?: () => boolean
}

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
  if (sleepers === 0) return [idle, ...shared(loaded)]
  const paced: Slice = { ...loaded, ms: durationMs / 4, situation: 2, pace: PACE }
  const slept: Slice = { ...paced, sleepers, situation: 3 }
  return [idle, ...shared({ ...loaded, ms: durationMs / 2 }), ...shared(paced), ...shared(slept)]
}

/** The same time in slices that are not too long. */
function shared(slice: Slice): readonly Slice[] {
  const times = Math.max(1, Math.ceil(slice.ms / SLICE_MS))
  return Array.from({ length: times }, () => ({ ...slice, ms: slice.ms / times }))
}

/** One fence of the run. */
class Lane {
  readonly type: FenceType
  readonly machine: Machine
  readonly #tallies = Array.from({ length: TALLIES }, () => new Tally())
  readonly #counts: Counts = { ops: 0, woken: 0, left: 0, errnos: {} }
  #check: UnplugCheck = { late: 0, unmapped: 0, broken: [] }
  #readSideNs = 0
  #busyMs = 0
  #slices = 0

  constructor(type: FenceType, machine: Machine) {
    this.type = type
    this.machine = machine
  }

  /** True if there is something to tell. */
  get ran(): boolean {
    return this.#slices > 0
  }

  async measureCost(): Promise<void> {
    this.#readSideNs = (await this.machine.command(OP_COST, [], { cpus: 1 })) as number
  }

  async run(number: number, { ms, users, sleepers, most, situation, pace }: Slice): Promise<void> {
    const { machine } = this
    const args = [number, Math.ceil(ms), users, sleepers, most, situation, pace]
    const patience = { hangMs: HANG_MS, budgetMs: ms + SLACK_MS }
    await machine.command(OP_SLICE, args, { cpus: OTHER_CPUS + users + sleepers, patience })
    if (users > 0) this.#busyMs += ms
    onArena(machine.view, () => {
      takeCounts(this.#counts)
      takeLatencies(this.#tallies)
    })
    this.#check = (await machine.command(OP_CHECK, [], { cpus: 1 })) as UnplugCheck
    this.#slices++
  }

  result(): UnplugResult {
    const { name, history, strong } = this.type
    const latencies = this.#tallies.map((tally) => tally.latency())
    const none = new Tally().latency()
    const [idleNs = none, loadedNs = none, pacedNs = none, sleepersNs = none, toldNs = none] = latencies
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
      closeNs: { idle, loaded, paced, sleepers },
      ...this.#check,
    }
  }
}

/** Switches the machines of a plan on. */
async function board(plan: UnplugPlan, crew: Crew, lanes: Lane[], { stop }: UnplugOptions): Promise<void> {
  const cpus = OTHER_CPUS + plan.cpus + plan.sleepers
  for (const fence of plan.fences) {
    if (stop?.() === true) return
    const arg: UnplugMachine = { plan, fence }
    const machine = await powerOn(
      { name: fence, cpus, arenaBytes: unplugArenaBytes(plan), program: PROGRAM, arg, bootMs: BOOT_MS },
      crew,
    )
    lanes.push(new Lane(fenceNamed(fence) as FenceType, machine))
  }
}

async function storm(plan: UnplugPlan, lanes: readonly Lane[], options: UnplugOptions): Promise<void> {
  const slices = slicesOf(plan)
  for (const [number, slice] of slices.entries()) {
    for (const lane of lanes) {
      if (options.stop?.() === true) return
      options.progress?.(number, slices.length, lane.type.name)
      await lane.run(number, slice)
    }
  }
  // Last, when the code has been compiled for all fences alike.
  for (const lane of lanes) await lane.measureCost()
}

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runUnplug(plan: UnplugPlan, options: UnplugOptions = {}): Promise<UnplugRun> {
  const why = whyUnplugTooBig(plan)
  if (why !== undefined) throw new PlanTooBig(why)
  const crew = new Crew(OTHER_CPUS + plan.cpus + plan.sleepers)
  const lanes: Lane[] = []
  let failure: MachineFailure | undefined
  try {
    await board(plan, crew, lanes, options)
    await storm(plan, lanes, options)
  } catch (error) {
    if (!(error instanceof MachineFailure)) throw error
    failure = error
  } finally {
    await crew.dismiss()
    await Promise.all(lanes.map(({ machine }) => machine.off()))
  }
  const results = lanes.filter(({ ran }) => ran).map((lane) => lane.result())
  return {
    schema: UNPLUG_SCHEMA,
    plan,
    env: environment(),
    results,
    verdict: failure !== undefined ? 'broken' : results.some(unplugFinding) ? 'finding' : 'ok',
    ...(failure !== undefined && { failure: failure.report }),
  }
}
