/**
 * The tables of `lockstorm litmus`: every outcome of a test, and a line that adds up.
 */
import type { LitmusOutcome, LitmusResult } from '../results/litmus.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'

function verdictOf({ count, weak, forbidden }: LitmusOutcome): string {
  if (forbidden) return count > 0 ? bad('FORBIDDEN, seen') : good('forbidden, not seen')
  if (!weak) return ''
  return count > 0 ? 'weak, allowed, seen' : 'weak, allowed, not seen'
}

/** Head and table of one test. */
export function litmusTable(result: LitmusResult): Block[] {
  const { test, summary, program, rounds, outcomes } = result
  const rows = outcomes.map((one) => [
    one.outcome,
    String(one.count),
    `${((100 * one.count) / Math.max(rounds, 1)).toFixed(4)} %`,
    verdictOf(one),
  ])
  return [
    `${test}: ${summary}\n  ${program}`,
    { head: ['outcome', 'rounds', 'share', 'verdict'], rows, wrap: ['outcome'] },
    '',
  ]
}

/** What all tests together have shown. */
export function litmusSummary(results: readonly LitmusResult[]): string {
  const seen = (of: (one: LitmusOutcome) => boolean): string =>
    results
      .filter(({ outcomes }) => outcomes.some((one) => of(one) && one.count > 0))
      .map(({ test }) => test)
      .join(', ') || 'none'
  return [
    `weak outcomes seen, where they are allowed: ${seen(({ weak, forbidden }) => weak && !forbidden)}`,
    `forbidden outcomes seen: ${seen(({ forbidden }) => forbidden)}`,
  ].join('\n')
}
