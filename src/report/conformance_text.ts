/**
 * What was recorded from a kernel beside what the emulation answers.
 */
import type { CaseResult } from '../conformance/run.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import type { Table } from './table.ts'

const OUTCOMES = ['passes', 'differs', 'fails'] as const

/** Sections with their counts. */
export function sectionsTable(results: readonly CaseResult[]): Table {
  const names = [...new Set(results.map(({ section }) => section))]
  const rows = names.map((name) => {
    const own = results.filter(({ section }) => section === name)
    const count = (outcome: string): number => own.filter((one) => one.outcome === outcome).length
    const [passes, differs, fails] = OUTCOMES.map(count)
    return [
      name,
      String(own.length),
      good(String(passes)),
      String(differs),
      fails === 0 ? '0' : bad(String(fails)),
    ]
  })
  return { head: ['section', 'recorded', 'pass', 'differ', 'fail'], rows, wrap: ['section'] }
}

/** One case; what was recorded and what is here where they differ. */
export function caseBlocks({ section, action, was, is, outcome, why }: CaseResult): Block[] {
  const head = `${outcome === 'fails' ? bad(outcome) : outcome}: ${section}: ${action}`
  if (outcome === 'passes') return [head]
  return [
    head,
    `  recorded ${JSON.stringify(was)}`,
    `  here     ${JSON.stringify(is)}`,
    ...(why === undefined ? [] : [`  why      ${why}`]),
  ]
}

/** What no case compares, and why. */
export function leftOut(results: readonly CaseResult[]): Block[] {
  const word = 'forget '
  return results
    .filter(({ action }) => action.startsWith(word))
    .map(({ section, action }) => `not compared: ${section}: ${action.slice(word.length)}`)
}

/** `278 of 281 recorded cases pass; 3 differ, each explained in docs/conformance.md`. */
export function conformanceSummary(results: readonly CaseResult[]): string {
  const count = (outcome: string): number => results.filter((one) => one.outcome === outcome).length
  const [passes, differs, fails] = OUTCOMES.map(count)
  const text = `${passes} of ${results.length} recorded cases pass; ${differs} differ, each explained in docs/conformance.md`
  return fails === 0 ? good(text) : `${text}; ${bad(`${fails} FAIL`)}`
}
