/**
 * What the explorer found: verdicts, ladders, replays.
 */
import type { FuzzReport } from '../explore/fuzz.ts'
import type { Replays } from '../explore/jobs.ts'
import { summaryOf, type Verdict } from '../explore/verdict.ts'
import type { WitnessReport } from '../explore/witness.ts'
import { expectedText, verdictText } from './explore_matrix.ts'
import type { Block } from './page.ts'
import { bad, good, median, verdict as coloured } from './style.ts'

/** Whether that was expected, and what was. */
export function judgement(verdict: Verdict): string {
  if (verdict.ok) return good(verdict.expect === '' ? 'as expected' : `as expected: ${verdict.expect}`)
  return `${bad('NOT AS EXPECTED')}: ${verdictText(verdict)}; expected: ${expectedText(verdict)}`
}

/** One model. `judged`: false where the search was cut short, so that no failure says nothing. */
export function verdictBlocks(verdict: Verdict, judged: boolean): Block[] {
  const { failure, coverage, model, summary } = verdict
  return [
    `${model}: ${summary}`,
    '',
    ...(failure === undefined ? [] : [{ ladder: failure.ladder }, '']),
    ...(failure?.report === undefined ? [] : [failure.report.trim(), '']),
    ...coverage.map(({ search, executions, redundant, exhausted, longest, ms }) => {
      const cut = redundant > 0 ? `, ${redundant} cut short as redundant` : ''
      const whole = exhausted ? ', exhausted' : ''
      return `  ${search}: ${executions} executions${cut}${whole}, up to ${longest} steps, ${(ms / 1000).toFixed(1)} s`
    }),
    summaryOf(verdict),
    judged ? judgement(verdict) : 'interrupted: not judged',
  ]
}

/** A schedule that was run again. `times`: how often. */
export function replayBlocks(
  { name, summary }: { readonly name: string; readonly summary: string },
  { first, same }: Replays,
  times: number,
): Block[] {
  const changed = 'The code has changed since the string was made: its hash differs.'
  return [
    `${name}: ${summary}`,
    '',
    { ladder: first.ladder },
    '',
    ...(first.report === undefined ? [] : [first.report.trim(), '']),
    ...(first.sameCode ? [] : [changed]),
    `${median(first.outcome)}; replay '${first.replay}'`,
    ...(times > 1 ? [coloured(same === times, `${same} of ${times} runs are identical`)] : []),
  ]
}

/** Schedules of one model on real workers. */
export function witnessText({ model, schedules, alike, difference }: WitnessReport): string {
  const differs = difference === '' ? '' : `; ${difference}`
  const count = coloured(alike === schedules, `${alike} of ${schedules} schedules`)
  return `${model}: ${count} are the same on real workers${differs}`
}

/** What all searches saw of random programs. */
export function fuzzBlocks(total: FuzzReport, done: number, seconds: number): Block[] {
  const { agree, mismatches, skipped, executions, traces } = total
  const count = `${mismatches.length} mismatches`
  return [
    `${done} random programs: DFS, cached DFS and DPOR see the same traces of ${agree}, ${skipped} too large, ` +
      `${coloured(mismatches.length === 0, count)}; ${traces} traces in ${executions.dfs}, ${executions.cached} and ` +
      `${executions.dpor} executions; ${seconds.toFixed(1)} s`,
    ...(mismatches.length > 0 ? [`seeds of mismatches: ${mismatches.join(', ')}`] : []),
  ]
}
