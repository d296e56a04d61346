/**
 * What a CPU does alone: it boots the machine of a scenario and sets it up, and it looks around when the race is over.
 *
 * Context   one CPU, with a number of its own that no body has; nobody else runs.
 */
import { setController, native } from '../../mem/access.checked.ts'
import { debug_init, findings, lockdep_init, type LockdepOptions } from '../../debug/index.ts'
import { kernel_reports, printk_records, type KernelReport } from '../../kernel/index.ts'
import { oops_text } from '../../kernel/oops.ts'
import { mustBeFinding } from '../../define/shapes.ts'
import type { Detector, Finding, Scenario } from '../../define/race.ts'
import { entries, type Entry } from './record.ts'
import { NeverRuns } from './stage.ts'
import { scenario_words } from './stage_words.ts'

/** What a detector said. */
export interface Report {
  readonly detector: Detector
  readonly text: string
}

/** What is left after the race. */
export interface Remains {
  readonly finding: Finding
  readonly reports: readonly Report[]
  readonly log: readonly string[]
  readonly entries: readonly Entry[]
}

/** Prepares the detectors, before anything else is in the arena. Throws if it is too small. */
export function prepareDetectors(lockdep?: LockdepOptions): void {
  if (!(debug_init() && lockdep_init(lockdep))) throw new Error('the arena is too small for the detectors')
}

function warningText(one: KernelReport): string {
  return [
    one.title,
    `CPU: ${one.cpu} PID: ${one.pid} Comm: ${one.comm}`,
    'Call Trace:',
    ...one.trace.map((symbol) => ` ${symbol}`),
  ].join('\n')
}

function reportsNow(): Report[] {
  const kernel = kernel_reports().map<Report>((one) =>
    one.kind === 'oops'
      ? { detector: 'oops', text: oops_text(one) }
      : { detector: 'warning', text: warningText(one) },
  )
  const debug = findings()
    .filter(({ detector }) => detector === 'lockdep' || detector === 'kasan')
    .map<Report>(({ detector, text }) => ({ detector: detector as Detector, text }))
  return [...kernel, ...debug]
}

/** Looks around: what the check finds, what was reported, what was logged. */
export function lookAround(scenario: Scenario, answers: readonly string[]): Remains {
  // What the race itself has reported; the check may stumble over what it left behind.
  const reports = reportsNow()
  const log = printk_records().map(({ text }) => text)
  return { finding: check(scenario, answers), reports, log, entries: entries() }
}

/** Nobody is left who could wake this CPU: a lock that it finds held is held for ever. */
function check(scenario: Scenario, answers: readonly string[]): Finding {
  const stuck = (): never => {
    throw new NeverRuns('a lock is held for ever')
  }
  setController({ ...native, futex_wait: stuck })
  try {
    const finding = scenario.check({ words: scenario_words(), answers })
    mustBeFinding(finding)
    return finding
  } catch (error) {
    if (error instanceof NeverRuns) return { happened: false, broken: [error.message] }
    throw error
  } finally {
    setController()
  }
}
