/**
 * Free runs: `lockstorm scenario NAME --stress`, and how every kind of `scenario` prints and keeps results.
 */
import { environment, writeResult } from '../results/index.ts'
import type { LockReport } from '../results/locks.ts'
import { expectedOf, runStress, type Scenario, type StressRun } from '../scenarios/index.ts'
import { Interrupt } from './interrupt.ts'
import { lockText } from './lock_flags.ts'
import { Progress } from './progress.ts'
import { stressRuns, type ScenarioFlags } from './scenario_flags.ts'

/** A line of results. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes the result if `--json` asks for it. */
export function keep(flags: ScenarioFlags, what: string, result: unknown, interrupt?: Interrupt): void {
  if (flags.json === undefined) return
  const whole = { schema: `lockstorm/scenario-${what}@1`, env: environment(), result }
  writeResult(flags.json, interrupt?.mark(whole) ?? whole)
}

/** What lockdep says, or that it says nothing. */
export async function heard(machine: string, reports: readonly LockReport[]): Promise<string> {
  if (reports.length === 0) return `${machine}: lockdep has nothing to report\n`
  return lockText(reports.map((report) => ({ ...report, machine })))
}

/** Runs it without a schedule. Returns the exit code. @throws UsageError */
export async function stress(one: Scenario, under: readonly string[], flags: ScenarioFlags): Promise<number> {
  const runs = stressRuns(one, flags)
  const { lockdep = false, lockStat = false } = flags
  const progress = new Progress()
  const results = []
  let code = 0
  using interrupt = new Interrupt()
  for (const strategy of under) {
    if (interrupt.asked) break
    const result = await runStress(one, strategy, runs, {
      lockdep,
      lockStat,
      stop: () => interrupt.asked,
      progress: (done) => {
        progress.show(`${one.name} ${strategy}: ${done} of ${runs}`)
      },
    })
    progress.clear()
    const { happened, hung, answers } = result
    const spread = Object.entries(answers).map(([answer, count]) => `${count} × ${answer}`)
    const all = `${happened} of ${result.runs} runs, ${hung} hung; answers ${spread.join(', ')}`
    // What forcing cannot make happen must not happen freely either.
    const outcome = expectedOf(one, strategy)?.outcome
    const asExpected = !(
      (outcome === 'does not' && happened > 0) ||
      (outcome !== undefined && outcome !== 'hangs' && hung > 0)
    )
    const expected = asExpected ? '' : `; NOT AS EXPECTED: forced it ${outcome}`
    print(`${strategy}: happened in ${all}${expected}`)
    const lockOrder = await showLocks(one, result)
    if (!asExpected || !lockOrder) code = 1
    results.push({ ...result, asExpected, ...(lockdep && { lockdepAsExpected: lockOrder }) })
  }
  keep(flags, 'stress', results, interrupt)
  return interrupt.code(code, `${results.length} of ${under.length} strategies`)
}

/** False if lockdep reports what nothing foresaw. Nothing is expected of the controls. */
export function lockdepAsExpected(one: Scenario, strategy: string, reports: readonly LockReport[]): boolean {
  return reports.length === 0 || (expectedOf(one, strategy)?.seenBy.includes('lockdep') ?? true)
}

/** Prints what lockdep and lock_stat say. Returns false if that is not as expected. */
async function showLocks(
  one: Scenario,
  { strategy, runs, lockReports, lockStat }: StressRun,
): Promise<boolean> {
  const asExpected = lockdepAsExpected(one, strategy, lockReports ?? [])
  if (!asExpected) print(`${strategy}: NOT AS EXPECTED: lockdep reports`)
  if (lockReports?.length === 0) process.stdout.write(await heard(strategy, []))
  for (const report of lockReports ?? []) {
    process.stdout.write(await heard(`${strategy}, in ${report.runs} of ${runs} runs`, [report]))
  }
  const tables = lockStat === undefined ? [] : [{ machine: strategy, rows: lockStat }]
  process.stdout.write(await lockText([], tables))
  return asExpected
}
