/**
 * What stands behind `lockstorm conformance`.
 */
import { runConformance, summary, type CaseResult } from '../conformance/index.ts'
import { table } from '../report/table.ts'
import { environment, writeResult } from '../results/index.ts'
import { Progress } from './progress.ts'
import { mustBeWritable } from './usage.ts'

/** What commander hands over: texts. */
export interface ConformanceFlags {
  readonly list?: boolean
  readonly json?: string
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function sectionRows(results: readonly CaseResult[]): string[][] {
  const names = [...new Set(results.map(({ section }) => section))]
  return names.map((name) => {
    const own = results.filter(({ section }) => section === name)
    const counts = ['passes', 'differs', 'fails'].map(
      (outcome) => own.filter((one) => one.outcome === outcome).length,
    )
    return [name, String(own.length), ...counts.map(String)]
  })
}

function show({ section, action, was, is, outcome, why }: CaseResult): void {
  print(`${outcome}: ${section}: ${action}`)
  if (outcome === 'passes') return
  print(`  recorded ${JSON.stringify(was)}\n  here     ${JSON.stringify(is)}`)
  if (why !== undefined) print(`  why      ${why}`)
}

/** Runs the command. Returns the exit code. */
export async function conformance({ list = false, json }: ConformanceFlags): Promise<number> {
  mustBeWritable('--json', json)
  const progress = new Progress()
  const results = await runConformance(undefined, (section) => {
    progress.show(`conformance: ${section}`)
  })
  progress.clear()
  if (list) for (const one of results) show(one)
  print(await table(['section', 'recorded', 'pass', 'differ', 'fail'], sectionRows(results)))
  if (!list) for (const one of results.filter(({ outcome }) => outcome !== 'passes')) show(one)
  print(summary(results))
  if (json !== undefined) {
    const kernel = 'Linux 6.1.192'
    writeResult(json, { schema: 'lockstorm/conformance@1', env: environment(), kernel, results })
  }
  return results.some(({ outcome }) => outcome === 'fails') ? 1 : 0
}
