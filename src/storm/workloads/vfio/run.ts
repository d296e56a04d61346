/**
 * Runs a VFIO storm: one machine, slice after slice, each of which is looked at.
 *
 * Invariant  whatever happens, nothing is left running and what was counted so far is returned.
 */
import { MachineFailure } from '../../../machine/failure.ts'
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { powerOn } from '../../../machine/power.ts'
import { environment } from '../../../results/environment.ts'
import type { Verdict } from '../../../results/storm.ts'
import { VFIO_SCHEMA, type VfioPlan, type VfioRun } from '../../../results/vfio_storm.ts'
import { countedOperations, taken_away } from './area.ts'
import type { VfioCheck } from './check.ts'
import { OP_CHECK, OP_SLICE, OTHER_CPUS } from './program.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** Longest slice, milliseconds. */
const SLICE_MS = 2000
/** A CPU may not run for a while on a busy computer. */
const HANG_MS = 30_000
/** Time of a slice beyond its own. */
const SLACK_MS = 120_000
/** Kernel, devices, and the cards that were ever plugged: their operations are never reused. */
const ARENA_BYTES = 96 << 20

/** Options that are not part of the plan. */
export interface VfioStormOptions {
  /** Called before each slice: slice, slices. */
  readonly progress?: (slice: number, slices: number) => void
  /** Asked before each slice: true ends the run with what there is. */
  readonly stop?: () => boolean
}

interface Gathered {
  slices: number
  checked: number
  broken: string[]
  leftToParent: number
}

async function storm(
  plan: VfioPlan,
  machine: Machine,
  into: Gathered,
  { progress, stop }: VfioStormOptions,
): Promise<void> {
  const slices = Math.max(1, Math.ceil(plan.durationMs / SLICE_MS))
  const ms = Math.ceil(plan.durationMs / slices)
  const cpus = plan.cpus + OTHER_CPUS
  for (let slice = 0; slice < slices; slice++) {
    if (stop?.() === true) return
    progress?.(slice, slices)
    const patience = { hangMs: HANG_MS, budgetMs: ms + SLACK_MS }
    const left = (await machine.command(OP_SLICE, [slice, ms, cpus], { cpus, patience })) as number
    into.leftToParent += left
    const { checked, broken } = (await machine.command(OP_CHECK, [], { cpus: 1 })) as VfioCheck
    into.slices++
    into.checked += checked
    into.broken.push(...broken)
    // A broken kernel only breaks further.
    if (broken.length > 0) return
  }
}

function verdictOf(failure: MachineFailure | undefined, broken: readonly string[], taken: number): Verdict {
  if (broken.length > 0 || taken > 0) return 'finding'
  return failure === undefined ? 'ok' : 'broken'
}

/** Runs a plan. Rejects only if the machine cannot be made at all (PlanTooBig). */
export async function runVfioStorm(plan: VfioPlan, options: VfioStormOptions = {}): Promise<VfioRun> {
  const machine = await powerOn({
    name: plan.strategy,
    cpus: plan.cpus + OTHER_CPUS,
    arenaBytes: ARENA_BYTES,
    program: PROGRAM,
    arg: plan,
  })
  const into: Gathered = { slices: 0, checked: 0, broken: [], leftToParent: 0 }
  let failure: MachineFailure | undefined
  try {
    await storm(plan, machine, into, options)
  } catch (error) {
    if (!(error instanceof MachineFailure)) throw error
    failure = error
  } finally {
    await machine.off()
  }
  const { operations, takenAway } = onArena(machine.view, () => {
    return { operations: countedOperations(), takenAway: taken_away() }
  })
  return {
    schema: VFIO_SCHEMA,
    plan,
    env: environment(),
    operations,
    ...into,
    takenAway,
    verdict: verdictOf(failure, into.broken, takenAway),
    ...(failure !== undefined && { failure: failure.report }),
  }
}
