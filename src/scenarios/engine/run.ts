/**
 * One run of a scenario, forced or free: boot, race, look around, verdict. Main's side.
 *
 * Invariant   what the verdict says is taken from the arena and from the bodies' answers, never from time.
 */
import { attach, memory } from '#access'
import {
  allHeldLines,
  findWaitCycle,
  hungTaskReport,
  waitCycleReport,
  type LockdepOptions,
} from '../../debug/index.ts'
import { createArena } from '../../mem/arena.ts'
import { raw_attach } from '../../mem/raw.ts'
import type { LockReport } from '../../results/locks.ts'
import { TheirsBroke } from '../../define/brought.ts'
import { DETECTORS, END, type Cell, type Detector, type Scenario } from '../../define/race.ts'
import type { Remains, Report } from './boot.ts'
import type { Job, RaceEnd } from './cpu.ts'
import { filesFor } from './files.ts'
import { ScenarioBroke, type Crew } from './crew.ts'
import { drawLadder } from './ladder.ts'
import { orderLines } from './order.ts'
import { stage_init, StageWords } from './stage_words.ts'
import { lockdepReports } from './watch.ts'

/** Bytes of a scenario's arena. */
export const ARENA_BYTES = 12 * 1024 * 1024
const HUNG_SECONDS = 120

/** What a forced run came to. */
export interface ForcedRun {
  readonly scenario: string
  readonly strategy: string
  readonly cell: Cell
  readonly ladder: readonly string[]
  /** Steps of the schedule, by index, to whose points nobody came: from there the order was not the drawn one. */
  readonly missed: readonly number[]
  readonly reports: readonly Report[]
  /** What lockdep says among the reports, as data. */
  readonly lockReports: readonly LockReport[]
  readonly broken: readonly string[]
  readonly log: readonly string[]
  /** Of a user's race: in which order its CPUs did what they did, see order.ts. */
  readonly order?: readonly string[]
}

/** An arena for a run, with its stage. This thread is not left attached to it. */
export function newArena(cpus: number, bytes = ARENA_BYTES, keepsOrder = false): SharedArrayBuffer {
  const before = memory()
  try {
    const sab = createArena(bytes, cpus + 1)
    stage_init(cpus, keepsOrder)
    return sab
  } finally {
    attach(before, 0, 0)
  }
}

/** The verdict on what is left. */
function cellOf(answers: readonly string[], seen: readonly Detector[], happened: boolean): Cell {
  const outcome = answers.includes('hangs') ? 'hangs' : happened ? 'happens' : 'does not'
  return { outcome, seenBy: DETECTORS.filter((detector) => seen.includes(detector)), answers }
}

/** Reports on CPUs that stopped for ever, as the watchdog of a machine would make them. */
function hungReports(sab: SharedArrayBuffer, ends: readonly RaceEnd[]): Report[] {
  const view = new Int32Array(sab)
  const sources = {
    heldLocks: (words: Int32Array) => allHeldLines(words),
    stackOf: (_words: Int32Array, cpu: number) => ends[cpu]?.stack ?? [],
  }
  const cycle = findWaitCycle(view)
  const circle = cycle === undefined ? [] : [waitCycleReport(view, cycle, sources)]
  const hung = ends.flatMap(({ answer }, cpu) =>
    answer === 'hangs' ? [hungTaskReport(view, cpu, HUNG_SECONDS, sources)] : [],
  )
  return [...circle, ...hung].map((text) => ({ detector: 'hung task', text }))
}

/** Of the arena that this thread is attached to. */
function missedSteps({ schedule }: Scenario): number[] {
  const words = new StageWords()
  return schedule.flatMap(({ until }, step) => (until === END || words.isReached(step) ? [] : [step]))
}

/** Runs the drawn interleaving. The crew must be checked. `lockdep`: a validator other than that of the race. */
export async function runForced(
  crew: Crew,
  scenario: Scenario,
  strategy: string,
  lockdep?: LockdepOptions,
): Promise<ForcedRun> {
  const cpus = scenario.cpus.length
  const files = filesFor(scenario, strategy)
  const keepsOrder = 'files' in files
  const sab = newArena(cpus, ARENA_BYTES, keepsOrder)
  const common = {
    sab,
    cpus,
    scenario: scenario.name,
    strategy,
    forced: true,
    answers: [],
    ...(lockdep && { lockdep }),
    ...files,
    keepsOrder,
  }
  await crew.job(0, { ...common, kind: 'boot', cpu: cpus })
  const race = (cpu: number): Promise<RaceEnd> => crew.job(cpu, { ...common, kind: 'race', cpu })
  const ends = await orAbandon(crew, Promise.all(scenario.cpus.map((_, cpu) => race(cpu))))
  const answers = ends.map(({ answer }) => answer)
  raw_attach(new Int32Array(sab))
  const missed = missedSteps(scenario)
  const order = orderLines()
  const hung = hungReports(sab, ends)
  const lockReports = lockdepReports(strategy, sab)
  const look: Job = { ...common, kind: 'look', cpu: cpus, answers }
  const { finding, reports, log, entries } = await crew.job<Remains>(0, look)
  const broken = finding.broken ?? []
  const all = [...reports, ...hung]
  const seen: Detector[] = [
    ...all.map(({ detector }) => detector),
    ...(broken.length > 0 ? ['invariants' as const] : []),
  ]
  return {
    scenario: scenario.name,
    strategy,
    cell: cellOf(answers, seen, finding.happened),
    ladder: drawLadder(entries, cpus),
    missed,
    reports: all,
    lockReports,
    broken,
    log,
    ...(keepsOrder && { order }),
  }
}

/** When one CPU of a race throws, the others may wait for it for ever. */
async function orAbandon<T>(crew: Crew, race: Promise<T>): Promise<T> {
  try {
    return await race
  } catch (error) {
    if (error instanceof ScenarioBroke || error instanceof TheirsBroke) await crew.abandon()
    throw error
  }
}

/** True if both cells say the same. */
export function sameCell(a: Cell, b: Cell): boolean {
  return JSON.stringify([a.outcome, a.seenBy, a.answers]) === JSON.stringify([b.outcome, b.seenBy, b.answers])
}
