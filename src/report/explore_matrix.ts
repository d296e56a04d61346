/**
 * The table of all models: what was explored, what was found, what that cost.
 */
import { executionsOf, type Verdict } from '../explore/verdict.ts'
import { markdownTable } from './markdown.ts'
import { verdict as coloured } from './style.ts'
import type { Table } from './table.ts'

const HEAD = ['model', 'verdict', 'expected', 'executions', 'found at', 'steps', 'seconds']

/** The verdict in a few words. */
export function verdictText({ verdict, failure, coverage }: Verdict): string {
  if (verdict === 'holds') return 'holds, exhausted'
  if (failure !== undefined) return failure.kind
  const part = coverage
    .map(({ search }) => / part (\d+\/\d+)/.exec(search)?.[1])
    .find((one) => one !== undefined)
  if (part !== undefined) {
    const seen = coverage.every(({ exhausted }) => exhausted)
    return `no failure in part ${part}${seen ? ', exhausted' : ''}`
  }
  const bounds = coverage.map(({ search, exhausted }) =>
    exhausted ? /bound (\d+)/.exec(search)?.[1] : undefined,
  )
  const most = bounds.findLast((bound) => bound !== undefined)
  const coarse = coverage.some(({ search }) => search.includes('coarse')) ? ', coarse' : ''
  return most === undefined
    ? 'holds in what was covered'
    : `holds, up to ${most} preemption${most === '1' ? '' : 's'} exhausted${coarse}`
}

/** What the model was written to show. */
export function expectedText({ expect }: Pick<Verdict, 'expect'>): string {
  return expect === '' ? 'holds' : expect
}

function cells(verdict: Verdict): string[] {
  const { coverage, ok } = verdict
  const ms = coverage.reduce((sum, one) => sum + one.ms, 0)
  return [
    verdict.model,
    ok ? verdictText(verdict) : `${verdictText(verdict)} (!)`,
    expectedText(verdict),
    String(executionsOf(verdict)),
    verdict.failure === undefined ? '' : String(verdict.failure.at),
    String(Math.max(0, ...coverage.map(({ longest }) => longest))),
    (ms / 1000).toFixed(1),
  ]
}

/** The table for a terminal. */
export function modelsTable(verdicts: readonly Verdict[]): Table {
  const rows = verdicts.map((one) => cells(one).map((text, i) => (i === 1 ? coloured(one.ok, text) : text)))
  return { head: HEAD, rows, wrap: ['verdict'], drop: ['steps', 'found at', 'seconds'] }
}

/** What became of each expectation, in one line. */
export function modelsSummary(verdicts: readonly Verdict[]): string {
  const sound = verdicts.filter(({ expect }) => expect === '')
  const broken = verdicts.filter(({ expect }) => expect !== '')
  const exhausted = sound.filter(({ verdict }) => verdict === 'holds').length
  const wrong = verdicts.filter(({ ok }) => !ok).length
  return (
    `${sound.length} models that must hold, ${exhausted} of them exhausted; ${broken.length} that must fail; ` +
    `${wrong} not as expected`
  )
}

/** The page docs/explore.md. */
export function modelsPage(verdicts: readonly Verdict[], how: string): string {
  return [
    '# Models × verdict',
    '',
    `Written by \`lockstorm explore matrix --write docs/explore.md\` ${how}; a test keeps the verdicts true.`,
    'A model is a small program of two to four CPUs over the code that ships. *Exhausted*: every sequentially consistent interleaving',
    'has been seen by DPOR; *up to n preemptions*: DPOR ran out of its budget of executions, but all schedules with so few are seen; *in what was covered*: not even those. Models that must fail are wrong on purpose, or show a defect that the mailing-list threads describe. `lockstorm explore NAME` shows one, with its',
    'ladder and replay string.',
    '',
    `${modelsSummary(verdicts)}.`,
    '',
    ...markdownTable(
      [...HEAD, 'what'],
      verdicts.map((verdict) => [...cells(verdict), verdict.summary.replaceAll('|', '\\|')]),
    ),
    '',
  ].join('\n')
}
