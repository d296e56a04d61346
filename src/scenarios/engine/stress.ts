/**
 * Unforced runs: all CPUs leave together and do what they do, at full speed in the fast build, or watched in the checked
 * one. The answer is a rate. Main's side.
 *
 * A run that stops is one whose CPUs wait for each other in a circle, or have all slept on the same things for a second:
 * the bodies themselves never sleep that long.
 */
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { HungTaskWatch } from '../../debug/index.ts'
import { raw_attach } from '../../mem/raw.ts'
import type { LockClassStat } from '../../results/locks.ts'
import type { Scenario } from '../../define/race.ts'
import type { Remains } from './boot.ts'
import type { Job, RaceEnd } from './cpu.ts'
import { filesFor } from './files.ts'
import { Crew } from './crew.ts'
import { orderLines } from './order.ts'
import { ARENA_BYTES, newArena } from './run.ts'
import { Watch, type SeenReport, type WatchFlags } from './watch.ts'

/** What many runs came to. */
export interface StressRun {
  readonly scenario: string
  readonly strategy: string
  readonly runs: number
  readonly happened: number
  readonly hung: number
  /** How often each set of answers came. */
  readonly answers: Readonly<Record<string, number>>
  /** Under lockdep: each kind of report once, with the number of runs that it was made in. */
  readonly lockReports?: readonly SeenReport[]
  /** Under lock_stat: what the locks of all races together cost, booting left out. */
  readonly lockStat?: readonly LockClassStat[]
}

/** What stressing may choose. */
export interface StressOptions extends WatchFlags {
  readonly progress?: (done: number) => void
  /** Asked before each run: true ends it with the runs there are. */
  readonly stop?: () => boolean
}

const LOOK_MS = 50
const HUNG_SECONDS = 1

/** Resolves when the race is over, or with undefined when it never will be. */
async function raceOrHang(sab: SharedArrayBuffer, race: Promise<RaceEnd[]>): Promise<RaceEnd[] | undefined> {
  const watch = new HungTaskWatch(new Int32Array(sab), { hungSeconds: HUNG_SECONDS, lockupSeconds: Infinity })
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<undefined>((resolve) => {
    timer = setInterval(() => {
      if (watch.check(performance.now() * NSEC_PER_MSEC).length > 0) resolve(undefined)
    }, LOOK_MS)
  })
  try {
    return await Promise.race([race, hang])
  } finally {
    clearInterval(timer)
  }
}

async function once(
  crew: Crew,
  scenario: Scenario,
  strategy: string,
  watch?: Watch,
  keepsOrder = false,
): Promise<{ happened: boolean; answers: string }> {
  const cpus = scenario.cpus.length
  const sab = newArena(cpus, watch?.arenaBytes(ARENA_BYTES, cpus + 1), keepsOrder)
  const names = { scenario: scenario.name, strategy }
  const common = {
    sab,
    cpus,
    ...names,
    forced: false,
    answers: [],
    ...filesFor(scenario, strategy),
    ...(watch && { detectors: watch.detectors }),
  }
  await crew.job(0, { ...common, kind: 'boot', cpu: cpus })
  watch?.booted(sab)
  const race = { ...common, kind: 'race', keepsOrder } as const
  const jobs = scenario.cpus.map((_, cpu) => crew.job<RaceEnd>(cpu, { ...race, cpu }))
  const ends = await raceOrHang(sab, Promise.all(jobs))
  if (ends === undefined) await crew.abandon()
  watch?.take(sab)
  if (keepsOrder) raw_attach(new Int32Array(sab))
  if (ends === undefined) return { happened: false, answers: 'hangs' }
  const answers = ends.map(({ answer }) => answer)
  const look: Job = { ...common, kind: 'look', cpu: cpus, answers }
  const { finding } = await crew.job<Remains>(0, look)
  return { happened: finding.happened, answers: answers.join(' ') }
}

/** Runs a scenario `runs` times without a schedule. */
export async function runStress(
  scenario: Scenario,
  strategy: string,
  runs: number,
  { progress, stop, ...flags }: StressOptions = {},
): Promise<StressRun> {
  const answers: Record<string, number> = {}
  let happened = 0
  const watched = flags.lockdep === true || flags.lockStat === true
  const watch = watched ? new Watch(strategy, flags, scenario) : undefined
  await using crew = new Crew(watched)
  let done = 0
  const stopped = (): boolean => stop?.() === true
  while (done < runs && !stopped()) {
    const one = await once(crew, scenario, strategy, watch)
    answers[one.answers] = (answers[one.answers] ?? 0) + 1
    if (one.happened) happened++
    done++
    progress?.(done)
  }
  const hung = answers['hangs'] ?? 0
  return {
    scenario: scenario.name,
    strategy,
    runs: done,
    happened,
    hung,
    answers,
    ...(flags.lockdep === true && { lockReports: watch?.reports ?? [] }),
    ...(flags.lockStat === true && { lockStat: watch?.rows ?? [] }),
  }
}

/** What came of looking for a free run in which the race shows itself, to keep its order. */
export interface Shown {
  /** Runs that it took, or that there were. */
  readonly runs: number
  /** Undefined if it has not shown itself. */
  readonly order: readonly string[] | undefined
}

/** Runs it in the checked build until it shows itself, and tells in which order its CPUs did what they did then. */
export async function orderShown(
  scenario: Scenario,
  strategy: string,
  most: number,
  { progress, stop }: Pick<StressOptions, 'progress' | 'stop'> = {},
): Promise<Shown> {
  await using crew = new Crew(true)
  const stopped = (): boolean => stop?.() === true
  let runs = 0
  while (runs < most && !stopped()) {
    const { happened, answers } = await once(crew, scenario, strategy, undefined, true)
    progress?.(++runs)
    if (happened || answers === 'hangs') return { runs, order: orderLines() }
  }
  return { runs, order: undefined }
}
