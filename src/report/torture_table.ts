/**
 * The table that ends `torture all`.
 */
import { isUnjudged, type TortureResult } from '../results/torture.ts'
import type { Block } from './page.ts'
import { bad, good, verdict } from './style.ts'

const HEAD = ['type', 'verdict', 'as expected', 'seconds', 'tasks', 'operations/s', 'min/max task', 'found']

function judged(result: TortureResult): string[] {
  if (isUnjudged(result)) return ['cut short', '']
  const { asExpected } = result
  return [verdict(asExpected, result.verdict), asExpected ? good('yes') : bad('NO')]
}

function rowOf(result: TortureResult): string[] {
  const fairness = result.fairness[0]
  const findings = result.findings.map(({ kind, count }) => `${kind} ${count}`)
  return [
    result.type,
    ...judged(result),
    (result.durationMs / 1000).toFixed(1),
    String(result.tasks.length),
    fairness === undefined ? '' : String(result.perSecond[fairness.counter] ?? 0),
    fairness === undefined ? '' : fairness.ratio.toFixed(2),
    findings.join(', '),
  ]
}

/** One row per test, and a line that adds up. */
export function tortureTable(results: readonly TortureResult[]): Block[] {
  const whole = results.filter((one) => !isUnjudged(one))
  const real = whole.filter(({ busted }) => busted === '')
  const busted = whole.filter((one) => one.busted !== '')
  const good = (some: readonly TortureResult[]): number => some.filter(({ asExpected }) => asExpected).length
  return [
    { head: HEAD, rows: results.map(rowOf), wrap: ['found'], drop: ['tasks', 'min/max task', 'seconds'] },
    '',
    `${good(real)} of ${real.length} real types succeeded, ${good(busted)} of ${busted.length} busted types failed`,
  ]
}
