/**
 * Unforced runs: all CPUs leave together and do what they do, at full speed in the fast build. The answer is a rate. Main's
 * side.
 *
 * A run that stops is one whose CPUs wait for each other in a circle, or have all slept on the same things for a second:
 * the bodies themselves never sleep that long.
 */
import { HungTaskWatch } from '../../debug/index.ts'
import type { Scenario } from '../scenario.ts'
import type { Remains } from './boot.ts'
import type { Job, RaceEnd } from './cpu.ts'
import { Crew } from './crew.ts'
import { newArena } from './run.ts'

/** What many runs came to. */
export interface StressRun {
  readonly scenario: string
  readonly strategy: string
  readonly runs: number
  readonly happened: number
  readonly hung: number
  /** How often each set of answers came. */
  readonly answers: Readonly<Record<string, number>>
}

const LOOK_MS = 50
const HUNG_SECONDS = 1
const NS_PER_MS = 1e6

/** Resolves when the race is over, or with undefined when it never will be. */
async function raceOrHang(sab: SharedArrayBuffer, race: Promise<RaceEnd[]>): Promise<RaceEnd[] | undefined> {
  const watch = new HungTaskWatch(new Int32Array(sab), { hungSeconds: HUNG_SECONDS, lockupSeconds: Infinity })
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<undefined>((resolve) => {
    timer = setInterval(() => {
      if (watch.check(performance.now() * NS_PER_MS).length > 0) resolve(undefined)
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
): Promise<{ happened: boolean; answers: string }> {
  const cpus = scenario.cpus.length
  const sab = newArena(cpus)
  const common = { sab, cpus, scenario: scenario.name, strategy, forced: false, answers: [] }
  await crew.job(0, { ...common, kind: 'boot', cpu: cpus })
  const jobs = scenario.cpus.map((_, cpu) => crew.job<RaceEnd>(cpu, { ...common, kind: 'race', cpu }))
  const ends = await raceOrHang(sab, Promise.all(jobs))
  if (ends === undefined) {
    await crew.abandon()
    return { happened: false, answers: 'hangs' }
  }
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
  progress: (done: number) => void = () => {},
): Promise<StressRun> {
  const answers: Record<string, number> = {}
  let happened = 0
  await using crew = new Crew(false)
  for (let i = 0; i < runs; i++) {
    const one = await once(crew, scenario, strategy)
    answers[one.answers] = (answers[one.answers] ?? 0) + 1
    if (one.happened) happened++
    progress(i + 1)
  }
  const hung = answers['hangs'] ?? 0
  return { scenario: scenario.name, strategy, runs, happened, hung, answers }
}
