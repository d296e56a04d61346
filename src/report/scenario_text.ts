/**
 * A scenario: forced runs with their ladder and reports, and free runs with their rates.
 */
import { counted } from '../base/plural.ts'
import type { Explored, Scenario, Step } from '../define/race.ts'
import type { LockReport } from '../results/locks.ts'
import type { ForcedRun } from '../scenarios/engine/run.ts'
import type { Missed } from '../scenarios/matrix.ts'
import type { StressRun } from '../scenarios/engine/stress.ts'
import { lockText } from './lock_text.ts'
import type { Block } from './page.ts'
import { answeredText } from './scenario_matrix.ts'
import { bad, good } from './style.ts'

/** Everything about one forced run but its verdict. `under`: what it varies over. `lockdep`: its reports follow the verdict. */
export function forcedBlocks(one: Scenario, under: string, run: ForcedRun, lockdep: boolean): Block[] {
  const reports = run.reports.filter(({ detector }) => !(lockdep && detector === 'lockdep'))
  return [
    under === '' ? one.name : `${one.name} under ${under}`,
    one.title,
    `source: ${one.source}`,
    '',
    { ladder: run.ladder },
    ...(run.log.length > 0 ? ['', '--- log ---', ...run.log] : []),
    ...reports.flatMap(({ detector, text }) => ['', `--- ${detector} ---`, text.trim()]),
    ...run.broken.flatMap((sentence) => ['', '--- invariants ---', sentence]),
    '',
  ]
}

/** The verdict on the first of a strategy's runs. `expected`: what was; undefined where nothing is, as of the controls. */
export function forcedVerdict(
  { strategy, cell }: ForcedRun,
  expected: string | undefined,
  asExpected: boolean,
): string {
  const says =
    expected === undefined
      ? 'nothing is expected of it'
      : asExpected
        ? good('as expected')
        : `${bad('NOT AS EXPECTED')}: ${expected}`
  return `${strategy}: ${answeredText(cell)}: ${says}`
}

/** Points of the schedule to which nobody came, a sentence each. */
export function missedTexts({ schedule }: Scenario, { steps, everywhere }: Missed): string[] {
  return steps.map((at) => {
    const { cpu, until } = schedule[at] as Step
    const text = `schedule[${at}]: CPU ${cpu} never comes to '${until}'`
    return everywhere
      ? `${text} under any strategy: the order that was drawn is not the one that was run`
      : `${text} here: from there the order was not the one that was drawn`
  })
}

/** What lockdep says, or that it says nothing. */
export function heardBlocks(machine: string, reports: readonly LockReport[]): Block[] {
  if (reports.length === 0) return [`${machine}: lockdep has nothing to report`]
  return lockText(reports.map((report) => ({ ...report, machine })))
}

/** Free runs of one strategy. `forced`: what forcing it came to, if that is not what was seen here. */
export function stressText({ strategy, happened, runs, hung, answers }: StressRun, forced?: string): string {
  const spread = Object.entries(answers).map(([answer, count]) => `${count} × ${answer}`)
  const expected = forced === undefined ? '' : `; ${bad('NOT AS EXPECTED')}: forced it ${forced}`
  return `${strategy}: happened in ${happened} of ${runs} runs, ${hung} hung; answers ${spread.join(', ')}${expected}`
}

/** What all interleavings of a race show under one strategy. */
export function exploredLine(race: Scenario, strategy: string, explored: Explored): string {
  const { text, executions, failure = '', replay, asExpected } = explored
  const who = race.axis === undefined ? strategy : race.name
  const seen = executions === 0 ? '' : `, ${counted(executions, 'execution')}`
  const again = replay === undefined ? '' : `; replay '${replay}'`
  const message = failure === '' ? '' : `: ${failure}`
  const surprise = asExpected ? '' : `; ${bad('NOT AS EXPECTED')}: forced, it does not happen`
  return `${who}: explored: ${text}${seen}${message}${again}${surprise}`
}

/** What the detectors say of free runs. */
export function watchedBlocks(
  { strategy, runs, lockReports, lockStat }: StressRun,
  asExpected: boolean,
): Block[] {
  return [
    ...(asExpected ? [] : [`${strategy}: ${bad('NOT AS EXPECTED')}: lockdep reports`]),
    ...(lockReports?.length === 0 ? heardBlocks(strategy, []) : []),
    ...(lockReports ?? []).flatMap((report) =>
      heardBlocks(`${strategy}, in ${report.runs} of ${runs} runs`, [report]),
    ),
    ...lockText([], lockStat === undefined ? [] : [{ machine: strategy, rows: lockStat }]),
  ]
}
