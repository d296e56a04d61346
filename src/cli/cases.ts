/**
 * What commands judged, case by case: a model, a race under a strategy, a torture type.
 */
import { summaryOf, type Verdict } from '../explore/verdict.ts'
import type { FuzzReport } from '../explore/fuzz.ts'
import type { Case } from '../report/cases.ts'
import { isUnjudged, type TortureResult } from '../results/torture.ts'

/** Models. */
export function verdictCases(verdicts: readonly Verdict[]): Case[] {
  return verdicts.map((verdict) => {
    const { model, ok, coverage, failure, expect } = verdict
    const seconds = coverage.reduce((sum, { ms }) => sum + ms, 0) / 1000
    const one = { suite: 'explore', name: model, seconds }
    if (ok) return one
    const title = failure === undefined ? `${model}: ${expect} was not found` : `${model}: ${failure.kind}`
    return { ...one, failure: { title, text: [summaryOf(verdict), ...(failure?.ladder ?? [])].join('\n') } }
  })
}

/** A program that cannot be judged, as it was told. */
export function refusedCase(told: string): Case {
  const [name = ''] = told.split(':', 1)
  return { suite: 'explore', name, failure: { title: told, text: told } }
}

/** The fuzzer is one case. */
export function fuzzCases({ mismatches }: FuzzReport): Case[] {
  const one = { suite: 'explore', name: 'fuzz' }
  if (mismatches.length === 0) return [one]
  const text = `seeds ${mismatches.join(', ')}`
  return [{ ...one, failure: { title: 'explore fuzz: searches see different traces', text } }]
}

/** What a race came to under a strategy, in words. */
export interface Told {
  readonly scenario: string
  readonly strategy: string
  readonly asExpected: boolean
  readonly text: string
}

/** Races. */
export function scenarioCases(all: readonly Told[]): Case[] {
  return all.map(({ scenario, strategy, asExpected, text }) => {
    const one = { suite: `scenario ${scenario}`, name: strategy }
    const title = `${scenario} under ${strategy}: not as expected`
    return asExpected ? one : { ...one, failure: { title, text } }
  })
}

/** Torture types. `all`: those that are wrong on purpose must fail. */
export function tortureCases(results: readonly TortureResult[], all: boolean): Case[] {
  return results.map((result) => {
    const { type, verdict, asExpected, durationMs, findings, busted } = result
    const one = { suite: 'torture', name: type, seconds: durationMs / 1000 }
    const wrong = all ? !asExpected : verdict === 'FAILURE'
    if (isUnjudged(result)) return { ...one, skipped: 'it was cut short' }
    if (!wrong) return one
    const [first] = findings
    const title =
      first === undefined ? `${type}: ${busted} was not found` : `${type}: ${first.kind}: ${first.text}`
    const text = findings.map((it) => `${it.kind}: ${it.text} (${it.count} times)`).join('\n')
    return { ...one, failure: { title, text: text === '' ? title : text } }
  })
}
