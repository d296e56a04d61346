/**
 * The table that ends `torture all`.
 */
import type { TortureResult } from '../results/torture.ts'
import { table } from './table.ts'

const HEAD = ['type', 'verdict', 'as expected', 'seconds', 'tasks', 'operations/s', 'min/max task', 'found']

function rowOf(result: TortureResult): string[] {
  const fairness = result.fairness[0]
  const findings = result.findings.map(({ kind, count }) => `${kind} ${count}`)
  return [
    result.type,
    result.verdict,
    result.asExpected ? 'yes' : 'NO',
    (result.durationMs / 1000).toFixed(1),
    String(result.tasks.length),
    fairness === undefined ? '' : String(result.perSecond[fairness.counter] ?? 0),
    fairness === undefined ? '' : fairness.ratio.toFixed(2),
    findings.join(', '),
  ]
}

/** One row per test, and a line that adds up. */
export async function tortureTable(results: readonly TortureResult[]): Promise<string> {
  const real = results.filter(({ busted }) => busted === '')
  const busted = results.filter((one) => one.busted !== '')
  const good = (some: readonly TortureResult[]): number => some.filter(({ asExpected }) => asExpected).length
  return [
    await table(HEAD, results.map(rowOf)),
    '',
    `${good(real)} of ${real.length} real types succeeded, ${good(busted)} of ${busted.length} busted types failed`,
  ].join('\n')
}
