/**
 * What a test comes to, one of ours as one of a user's lock.
 */
import { isUnjudged, type TortureResult } from '../results/torture.ts'
import type { Findings } from './findings.ts'
import { measured } from './measured.ts'
import type { ParamName, Params } from './params.ts'
import type { Tally } from './tally.ts'

/** What was tested. */
export interface Tested {
  readonly name: string
  readonly summary: string
  /** What is wrong with it on purpose. */
  readonly busted?: string
  /** The parameters that mean something to it. */
  readonly params: readonly ParamName[]
  readonly counters: readonly string[]
}

/** How the test went. */
export interface Course {
  readonly params: Params
  readonly findings: Findings
  /** What ended it before its time; '' if nothing did. */
  readonly cause: TortureResult['cause']
  readonly cut: boolean
  readonly durationMs: number
  readonly bootMs: number
}

/** The result of a test. */
export function resultOf(tested: Tested, course: Course, tally: Tally): TortureResult {
  const { name, summary, busted = '' } = tested
  const { params, findings, cause, cut, durationMs, bootMs } = course
  const failed = findings.total > 0
  return {
    type: name,
    summary,
    busted,
    verdict: failed ? 'FAILURE' : 'SUCCESS',
    cause: cause === '' && failed ? 'check' : cause,
    asExpected: failed ? busted !== '' : busted === '' || cut,
    ...(cut && { cut }),
    params: Object.fromEntries(tested.params.map((param) => [param, params[param]])),
    durationMs: Math.round(durationMs),
    bootMs: Math.round(bootMs),
    findings: findings.all,
    ...measured(tally, tested, durationMs),
  }
}

/** The word that ends the lines of a test. */
export function lastWord(result: TortureResult): string {
  return isUnjudged(result) ? 'INTERRUPTED' : result.verdict
}
