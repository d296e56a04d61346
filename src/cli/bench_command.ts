/**
 * What stands behind `lockstorm bench`.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EFFORTS, runOwn, runSuite, SUITE_NAMES, type BenchResult, type Running } from '../../bench/index.ts'
import type { Effort } from '../../bench/sampling.ts'
import { judge, TARGETS } from '../../bench/targets.ts'
import { costsTable, machineText, suiteText, targetsText } from '../report/bench_tables.ts'
import { broughtNamed } from '../define/brought.ts'
import type { Lock } from '../define/lock.ts'
import { lockText } from '../report/lock_text.ts'
import { environment } from '../results/environment.ts'
import type { BenchFlags } from './commands/bench.ts'
import { readWord } from './flag.ts'
import { isPath, oneOf, orFile } from './kinds.ts'
import type { Session } from './session.ts'
import { bring } from './user_file.ts'

const SCHEMA = 'lockstorm/bench@1'
const LOCK_STAT = { quick: { ops: 500, repeats: 1 }, full: { ops: 100_000, repeats: 3 } } as const

/** What is measured: suites of ours, and locks of files. */
interface Subject {
  readonly name: string
  readonly own: boolean
  readonly run: (effort: Effort, running: Running) => Promise<BenchResult>
}

const suite = (name: string): Subject => ({
  name,
  own: false,
  run: (effort, running) => runSuite(name, effort, running),
})

async function subjectsOf(word: string): Promise<Subject[]> {
  if (!isPath(word)) return [suite(readWord('suite', orFile(oneOf(SUITE_NAMES)), word))]
  const { href } = pathToFileURL(resolve(word))
  const names = await bring('lock', word, (name) => SUITE_NAMES.includes(name))
  return names.map((name) => {
    const lock = broughtNamed('lock', name) as Lock
    return { name, own: true, run: (effort, running) => runOwn(href, lock, effort, running) }
  })
}

/** Measures. Returns the exit code: 1 if a user's lock could not do what it is for. @throws UsageError */
export async function bench(session: Session, names: readonly string[], flags: BenchFlags): Promise<number> {
  const wanted = names.length > 0 ? names : SUITE_NAMES
  const subjects = (await Promise.all(wanted.map(subjectsOf))).flat()
  if (!flags.lockStat) return runSubjects(session, subjects, flags)
  await lockStat(session, flags)
  return 0
}

async function runSubjects(
  session: Session,
  subjects: readonly Subject[],
  { quick }: BenchFlags,
): Promise<number> {
  const effort = EFFORTS[quick ? 'quick' : 'full']
  const results: BenchResult[] = []
  let broken = false
  for (const { name, own, run } of subjects) {
    if (session.asked) break
    const progress = (text: string): void => session.progress.show(`bench ${name}: ${text}`)
    const result = await run(effort, { progress, stop: session.stop })
    results.push(result)
    session.print(...(results.length > 1 ? [''] : []), ...suiteText(result))
    broken ||= own && result.skipped.some(({ contender }) => contender.startsWith(name))
  }
  // A few samples prove nothing.
  const targets = quick || session.asked ? [] : judge(TARGETS, figuresOf(results))
  session.print(
    ...(targets.length > 0 ? ['', ...targetsText(targets)] : ['']),
    machineText(environment(session.begun)),
  )
  session.keep({ schema: SCHEMA, effort, env: environment(session.begun), results, targets })
  const last = results.at(-1)?.suite
  session.interrupt.cameTo(
    last === undefined
      ? 'before the first suite'
      : `in suite ${last}, ${results.length} of ${subjects.length}`,
  )
  return broken ? 1 : 0
}

function figuresOf(results: readonly BenchResult[]): Parameters<typeof judge>[1] {
  return {
    measured: results.flatMap(({ measured }) => measured),
    fairness: results.flatMap(({ fairness }) => fairness),
    blocked: results.flatMap(({ blocked }) => blocked),
  }
}

/** What the detectors cost, and lock_stat's tables: a run of its own, for nothing that a detector watches is a measurement. */
async function lockStat(session: Session, { quick }: BenchFlags): Promise<void> {
  const { benchLockStat } = await import('../../bench/lock_stat.ts')
  const show = (text: string): void => session.progress.show(`bench: ${text}`)
  const found = await benchLockStat(LOCK_STAT[quick ? 'quick' : 'full'], show, session.stop)
  session.print(costsTable(found), ...lockText([], found.tables), machineText(environment(session.begun)))
  session.keep({ schema: SCHEMA, env: environment(session.begun), ...found })
  session.interrupt.cameTo(`${found.costs.length} builds and ${found.tables.length} tables`)
}
