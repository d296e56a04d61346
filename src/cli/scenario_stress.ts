/**
 * Free runs: `lockstorm scenario NAME --stress`.
 */
import { counted } from '../base/plural.ts'
import { broughtNamed } from '../define/brought.ts'
import { stressText, watchedBlocks } from '../report/scenario_text.ts'
import { environment } from '../results/index.ts'
import type { LockReport } from '../results/locks.ts'
import {
  expectedOf,
  orderShown,
  runStress,
  type Scenario,
  type Shown,
  type StressRun,
} from '../scenarios/index.ts'
import { scenarioCases } from './cases.ts'
import type { ScenarioFlags } from './commands/scenario.ts'
import { stressRuns } from './scenario_flags.ts'
import type { Session } from './session.ts'

/** What was expected of forced runs, if free ones do what forcing could not make happen. */
function surprise(one: Scenario, { strategy, happened, hung }: StressRun): string | undefined {
  const outcome = expectedOf(one, strategy)?.outcome
  const isSurprise =
    (outcome === 'does not' && happened > 0) || (outcome !== undefined && outcome !== 'hangs' && hung > 0)
  return isSurprise ? outcome : undefined
}

/** Runs in the checked build in which a user's race may show itself once more. */
const MOST_AGAIN = 500

/** The fast build tells of no access: for a report of a user's race, the race has to show itself again in the other one. */
async function orderOf(session: Session, one: Scenario, strategy: string): Promise<Shown | undefined> {
  if (!session.keeps || broughtNamed('race', one.name) === undefined) return undefined
  const shown = await orderShown(one, strategy, MOST_AGAIN, {
    stop: session.stop,
    progress: (done) =>
      session.progress.show(`${one.name} ${strategy}: again, in the checked build: ${done}`),
  })
  const runs = counted(shown.runs, 'run')
  session.print(
    shown.order === undefined
      ? `${strategy}: it has not come again in ${runs} of the checked build: the report has no order of events for --near`
      : `${strategy}: it came again after ${runs} of the checked build: the report has the order of its events, for --explore --near`,
  )
  return shown
}

/** Runs it without a schedule. Returns the exit code. @throws UsageError */
export async function stress(
  session: Session,
  one: Scenario,
  under: readonly string[],
  { stress: wanted = 1, lockdep, lockStat }: ScenarioFlags,
): Promise<number> {
  const runs = stressRuns(one, wanted)
  const results = []
  let code = 0
  for (const strategy of under) {
    if (session.asked) break
    const result = await runStress(one, strategy, runs, {
      lockdep,
      lockStat,
      stop: session.stop,
      progress: (done) => session.progress.show(`${one.name} ${strategy}: ${done} of ${runs}`),
    })
    const forced = surprise(one, result)
    const lockOrder = lockdepAsExpected(one, strategy, result.lockReports ?? [])
    session.print(stressText(result, forced), ...watchedBlocks(result, lockOrder))
    const shown = result.happened + result.hung > 0 ? await orderOf(session, one, strategy) : undefined
    if (forced !== undefined || !lockOrder) code = 1
    const asExpected = forced === undefined
    results.push({
      ...result,
      asExpected,
      ...(lockdep && { lockdepAsExpected: lockOrder }),
      ...(shown?.order && { order: shown.order }),
    })
  }
  session.keep({ schema: 'lockstorm/scenario-stress@1', env: environment(), result: results })
  session.cases(
    scenarioCases(
      results.map(({ strategy, happened, runs: n, asExpected, lockdepAsExpected: order = true }) => ({
        scenario: one.name,
        strategy,
        asExpected: asExpected && order,
        text: `it happened in ${happened} of ${n} runs`,
      })),
    ),
  )
  session.interrupt.cameTo(`${results.length} of ${under.length} strategies`)
  return code
}

/** False if lockdep reports what nothing foresaw. Nothing is expected of the controls. */
export function lockdepAsExpected(one: Scenario, strategy: string, reports: readonly LockReport[]): boolean {
  return reports.length === 0 || (expectedOf(one, strategy)?.seenBy.includes('lockdep') ?? true)
}
