/**
 * What an exploration says: whether the model held, what was covered, and, if it failed, the shortest schedule found that
 * makes it fail, as a replay string and as a ladder. Plain data: it survives JSON and postMessage.
 */
import { counted } from '../base/plural.ts'
import { pollsAsked } from '../base/polls.ts'
import type { OutcomeName } from '../define/outcome.ts'
import type { Model } from '../define/model.ts'
import type { SearchResult } from './searches/search.ts'

/** One search of the exploration. */
export interface Coverage {
  readonly search: string
  readonly exhausted: boolean
  readonly executions: number
  readonly redundant: number
  readonly steps: number
  /** Steps of the longest execution. */
  readonly longest: number
  readonly ms: number
}

/** A failure, minimised. */
export interface Failure {
  readonly kind: OutcomeName
  readonly message: string
  /** Search that found it, and at which of its executions. */
  readonly search: string
  readonly at: number
  /** `model@step>cpu,…/hash`: give it to `lockstorm explore replay`. */
  readonly replay: string
  readonly preemptions: number
  readonly steps: number
  /** The ladder, its last lines saying what went wrong. */
  readonly ladder: readonly string[]
  /** What lockdep has reported, in the kernel's words, if that is the failure. */
  readonly report?: string
}

/** Result of exploring one model. */
export interface Verdict {
  readonly model: string
  readonly summary: string
  /** `holds`: exhausted without failure. `passed`: no failure in what was covered. */
  readonly verdict: 'holds' | 'passed' | 'fails'
  /** The model was written to fail like this; '' if it must hold. */
  readonly expect: OutcomeName | ''
  /** The verdict is the expected one. */
  readonly ok: boolean
  readonly coverage: readonly Coverage[]
  readonly failure?: Failure
  /** What the verdict does not cover, in sentences. */
  readonly limits?: readonly string[]
}

/** True if the search has seen every schedule there is: it had neither a bound nor a part of the tree. */
export function sawAll({ exhausted, search }: Pick<SearchResult, 'exhausted' | 'search'>): boolean {
  return exhausted && !/bound|part/.test(search)
}

/** Judges what the searches of a model found. */
export function verdictOf(
  model: Pick<Model, 'name' | 'summary' | 'expect'>,
  results: readonly SearchResult[],
  failure: Failure | undefined,
): Verdict {
  const expect: OutcomeName | '' = model.expect ?? ''
  const base = {
    model: model.name,
    summary: model.summary,
    expect,
    coverage: results.map(coverageOf),
  } as const
  if (failure !== undefined) return { ...base, verdict: 'fails', ok: failure.kind === expect, failure }
  const complete = results.some(sawAll)
  return { ...base, verdict: complete ? 'holds' : 'passed', ok: expect === '' }
}

/** Drops what a search result holds beside numbers. */
function coverageOf(result: SearchResult): Coverage {
  const { search, exhausted, executions, redundant, steps, longest, ms } = result
  return { search, exhausted, executions, redundant, steps, longest, ms }
}

/** Executions of all searches together. */
export function executionsOf({ coverage }: Verdict): number {
  return coverage.reduce((sum, { executions }) => sum + executions, 0)
}

/** One line: `mutex: no failure in 598 executions, exhausted (dpor, 22 steps)`. */
export function summaryOf(verdict: Verdict): string {
  const { model, coverage, failure } = verdict
  if (failure !== undefined) {
    const { kind, at, search, replay, preemptions, steps } = failure
    const polls = pollsAsked() > 0 ? ` --polls ${pollsAsked()}` : ''
    return `${model}: ${kind} in execution ${at} of ${search}; replay '${replay}'${polls} (${counted(preemptions, 'preemption')}, ${counted(steps, 'step')})`
  }
  const full = coverage.find(sawAll)
  const executions = executionsOf(verdict)
  const longest = Math.max(0, ...coverage.map((c) => c.longest))
  const how = coverage.map((c) => `${c.search}${c.exhausted ? ' exhausted' : ''}`).join('; ')
  return `${model}: no failure in ${counted(executions, 'execution')}${full === undefined ? '' : ', exhausted'} (${how}; up to ${longest} steps)`
}
