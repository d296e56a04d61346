/**
 * What a command found, out of the JSON that it wrote: one finding for each thing that is wrong, with a title that is the same
 * whoever finds it, and with what shows it again.
 */
import type { FuzzReport } from '../explore/fuzz.ts'
import type { Verdict } from '../explore/verdict.ts'
import type { WitnessReport } from '../explore/witness.ts'
import type { Finding, Unit } from '../results/campaign.ts'
import type { LitmusResult } from '../results/litmus.ts'
import type { LockReport } from '../results/locks.ts'
import type { TortureResult } from '../results/torture.ts'
import { lineOf } from './words.ts'

/** What is common to findings that have no schedule: the command itself shows them again, with some luck. */
type Told = Pick<Finding, 'title' | 'text'> & Partial<Finding>

/** Numbers differ from run to run. */
const plain = (text: string): string =>
  text.replaceAll(/0x[0-9a-f]+|\d+(?:\.\d+)?/gi, 'N').split('\n', 1)[0] ?? ''

const told = (title: string, text = title): Told => ({ title: plain(title), text })

/** What a unit is about when its seed and its piece are left out. */
function subject(words: readonly string[]): string {
  const piece = ['--seed', '--part', '--executions', '--programs', '--jobs', '--duration', '--repeat']
  return lineOf(words.filter((word, i) => !piece.includes(word) && !piece.includes(words[i - 1] ?? '')))
}

function ofVerdict(verdict: Verdict, { words }: Unit): Told[] {
  const { model, ok, failure, expect } = verdict
  if (ok) return []
  if (failure === undefined) return [told(`${model}: ${expect} was not found`)]
  const { kind, message, replay, preemptions, steps, ladder, report = '' } = failure
  const watched = words.includes('--lockdep') ? ['--lockdep'] : []
  const files = words.filter((word, i) => i > 0 && !word.startsWith('-') && /\.[cm]?[jt]s$/.test(word))
  return [
    {
      title: `${model}: ${kind}${message === '' ? '' : `: ${plain(message)}`}`,
      text: [...ladder, ...(report === '' ? [] : ['', report.trim()])].join('\n'),
      again: ['explore', 'replay', replay, ...files, ...watched],
      schedule: true,
      size: [preemptions, steps],
      outcome: kind,
    },
  ]
}

interface StormRow {
  readonly strategy?: string
  readonly fence?: string
  readonly contender?: string
  readonly invariants?: { readonly broken: readonly string[] }
  readonly broken?: readonly string[]
  readonly late?: number
  readonly unmapped?: number
  readonly takenAway?: number
  readonly failure?: string
}

function ofStorm(rows: readonly StormRow[]): Told[] {
  return rows.flatMap((row) => {
    const who = row.strategy ?? row.fence ?? row.contender ?? 'storm'
    const counts = (['late', 'unmapped', 'takenAway'] as const)
      .filter((name) => (row[name] ?? 0) > 0)
      .map((name) => `${name}: ${row[name]}`)
    const broken = [...(row.invariants?.broken ?? []), ...(row.broken ?? []), ...counts]
    if (row.failure !== undefined) broken.push(row.failure)
    return broken.map((text) => told(`storm ${who}: ${text}`, text))
  })
}

interface Row {
  readonly scenario?: string
  readonly name?: string
  readonly strategy?: string
  readonly asExpected?: boolean
  readonly outcome?: string
  readonly text?: string
  readonly ok?: boolean
  readonly explored?: { readonly asExpected: boolean; readonly text: string }
}

function ofScenario(rows: readonly Row[], { words }: Unit): Told[] {
  const wrong = rows.filter(
    ({ asExpected, explored }) => asExpected === false || explored?.asExpected === false,
  )
  return wrong.map(({ scenario = words[1], strategy = '' }) =>
    told(`scenario ${scenario} under ${strategy}: not as expected`),
  )
}

const ofReports = (reports: readonly LockReport[]): Told[] =>
  reports.map(
    ({ machine, detector, title, text }: Partial<LockReport> & Pick<LockReport, 'title' | 'text'>) =>
      told(`${detector ?? 'lockdep'}${machine === undefined ? '' : ` in ${machine}`}: ${title}`, text),
  )

/** What each schema says is wrong. */
const OF: Readonly<Record<string, (result: never, unit: Unit) => Told[]>> = {
  'explore-run@1': (result: { result: Verdict[] }, unit) =>
    result.result.flatMap((one) => ofVerdict(one, unit)),
  'explore-matrix@1': (result: { result: Verdict[] }, unit) =>
    result.result.flatMap((one) => ofVerdict(one, unit)),
  'explore-fuzz@1': ({ result }: { result: FuzzReport }) =>
    result.mismatches.map((seed) => told('explore fuzz: searches see different traces', `seed ${seed}`)),
  'explore-witness@1': ({ result }: { result: WitnessReport[] }) =>
    result
      .filter(({ alike, schedules }) => alike < schedules)
      .map(({ model }) => told(`${model}: real workers end otherwise than the explorer`)),
  'torture@1': ({ results }: { results: TortureResult[] }) =>
    results
      .filter(({ verdict }) => verdict === 'FAILURE')
      .flatMap(({ type, findings }) =>
        findings.map(({ kind, text }) => told(`torture ${type}: ${kind}: ${text}`, text)),
      ),
  'scenario-run@1': (result: { result: Row[] }, unit) => ofScenario(result.result, unit),
  'scenario-stress@1': (result: { result: Row[] }, unit) => ofScenario(result.result, unit),
  'scenario-explore@1': (result: { result: Row[] }, unit) => ofScenario(result.result, unit),
  'scenario-matrix@1': (result: { result: Row[] }, unit) => ofScenario(result.result, unit),
  'litmus@1': ({ results }: { results: LitmusResult[] }) =>
    results.flatMap(({ test, outcomes }) =>
      outcomes
        .filter(({ forbidden, count }) => forbidden && count > 0)
        .map(({ outcome }) => ({
          title: `litmus ${test}: ${outcome} is forbidden`,
          text: `${test}: ${outcome}`,
        })),
    ),
  'conformance@1': ({ results }: { results: Row[] }) =>
    results
      .filter(({ outcome }) => outcome === 'fails')
      .map(({ name = 'a case' }) => told(`conformance: ${name} fails`)),
  'selftest@1': ({ cells }: { cells: Row[] }) =>
    cells.filter(({ ok }) => ok === false).map(({ name = 'a cell' }) => told(`selftest: ${name} failed`)),
  'lockdep@1': ({ reports }: { reports: LockReport[] }) => ofReports(reports),
}

interface Result {
  readonly schema?: unknown
  readonly results?: readonly StormRow[]
  readonly lockReports?: readonly LockReport[]
  readonly failure?: string
}

function toldBy(result: Result, unit: Unit): Told[] {
  const schema = String(result.schema).replace('lockstorm/', '')
  const of = Object.hasOwn(OF, schema) ? OF[schema] : undefined
  if (of !== undefined) return of(result as never, unit)
  const { results = [], lockReports = [], failure } = result
  const rows = Array.isArray(results) ? ofStorm(results as readonly StormRow[]) : []
  return [
    ...rows,
    ...ofReports(lockReports),
    ...(failure === undefined ? [] : [told(`storm: ${failure}`, failure)]),
  ]
}

/** What a command has found that did not end as expected. One of each title. */
export function findingsOf(unit: Unit, code: number, result: unknown): Finding[] {
  const line = subject(unit.words)
  const some = code === 0 ? [] : toldBy(result ?? {}, unit)
  const rest =
    some.length > 0
      ? some
      : code === 3
        ? []
        : [told(`${line}: it ended with ${code}, expected was ${unit.expect}`)]
  const all = rest.map((one): Finding => ({ again: unit.words, schedule: false, size: [0, 0], ...one }))
  return all.filter(({ title }, i) => all.findIndex((other) => other.title === title) === i)
}
