/**
 * What stands behind `lockstorm bench`.
 */
import { EFFORTS, runSuite, SUITE_NAMES, type BenchResult } from '../../bench/index.ts'
import { judge, TARGETS } from '../../bench/targets.ts'
import { costsTable, machineText, suiteText, targetsText } from '../report/bench_tables.ts'
import { lockText } from '../report/lock_text.ts'
import { environment } from '../results/environment.ts'
import type { BenchFlags } from './commands/bench.ts'
import { readWord } from './flag.ts'
import { oneOf } from './kinds.ts'
import type { Session } from './session.ts'

const SCHEMA = 'lockstorm/bench@1'
/** Pairs per lock and worker. */
const LOCK_STAT_PAIRS = { quick: 500, full: 100_000 } as const

/** Measures. Returns the exit code. @throws UsageError */
export async function bench(session: Session, names: readonly string[], flags: BenchFlags): Promise<number> {
  const suites = names.map((name) => readWord('suite', oneOf(SUITE_NAMES), name))
  await (flags.lockStat ? lockStat(session, flags) : runSuites(session, suites, flags))
  return 0
}

async function runSuites(session: Session, names: readonly string[], { quick }: BenchFlags): Promise<void> {
  const effort = EFFORTS[quick ? 'quick' : 'full']
  const results: BenchResult[] = []
  const wanted = names.length > 0 ? names : SUITE_NAMES
  for (const suite of wanted) {
    if (session.asked) break
    const show = (text: string): void => {
      session.progress.show(`bench ${suite}: ${text}`)
    }
    const result = await runSuite(suite, effort, show, session.stop)
    results.push(result)
    session.print(...(results.length > 1 ? [''] : []), ...suiteText(result))
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
    last === undefined ? 'before the first suite' : `in suite ${last}, ${results.length} of ${wanted.length}`,
  )
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
  const show = (text: string): void => {
    session.progress.show(`bench: ${text}`)
  }
  const found = await benchLockStat(LOCK_STAT_PAIRS[quick ? 'quick' : 'full'], show, session.stop)
  session.print(costsTable(found), ...lockText([], found.tables), machineText(environment(session.begun)))
  session.keep({ schema: SCHEMA, env: environment(session.begun), ...found })
  session.interrupt.cameTo(`${found.costs.length} builds and ${found.tables.length} tables`)
}
