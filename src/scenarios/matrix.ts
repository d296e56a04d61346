/**
 * The matrix: every scenario under every strategy, as data and as the page docs/matrix.md.
 */
import { availableParallelism } from 'node:os'
import { markdownTable } from '../report/markdown.ts'
import type { LockReport } from '../results/locks.ts'
import { Crew } from './engine/crew.ts'
import { runRepeated } from './engine/repeat.ts'
import { sameCell, type ForcedRun } from './engine/run.ts'
import { expectedOf, SCENARIOS, strategiesOf, variantOf } from '../races/registry.ts'
import type { Axis, Cell, Scenario } from '../define/race.ts'

/** One cell with what was expected of it. */
export interface MatrixCell {
  readonly scenario: string
  readonly strategy: string
  /** What the race varies over, and where that is not the strategy, which member of it this is. */
  readonly axis: Axis
  readonly member?: string
  readonly cell: Cell
  readonly expected: Cell
  readonly asExpected: boolean
  /** Runs, and how many of them had the verdict and the ladder of the first. */
  readonly times?: number
  readonly same?: number
  /** What lockdep says of the first run. */
  readonly lockReports?: readonly LockReport[]
}

/** What a run of the matrix may choose. */
export interface MatrixOptions {
  readonly scenarios?: readonly Scenario[]
  readonly strategies?: readonly string[]
  /** Runs of each cell. Default 1. */
  readonly times?: number
  /** Keep what lockdep says of each cell. */
  readonly lockdep?: boolean
  readonly progress?: (text: string) => void
  /** Asked before each run: true ends it with the cells there are. */
  readonly stop?: () => boolean
}

/** A cell that has been filled. Throws for a strategy of which nothing is expected: a control. */
function matrixCell(scenario: Scenario, strategy: string, cell?: Cell): MatrixCell {
  const expected = expectedOf(scenario, strategy)
  if (expected === undefined) throw new Error(`${scenario.name} expects nothing of ${strategy}`)
  const found = cell ?? expected
  return {
    scenario: scenario.name,
    strategy,
    ...(scenario.axis ?? { axis: 'strategy' }),
    cell: found,
    expected,
    asExpected: sameCell(found, expected),
  }
}

/** Compares a run with what was expected. */
export function judged(scenario: Scenario, { strategy, cell }: ForcedRun): MatrixCell {
  return matrixCell(scenario, strategy, cell)
}

/** Every cell of these rows: the columns of a race are its strategies. */
function cellsOf(scenarios: readonly Scenario[], strategies?: readonly string[]): [Scenario, string][] {
  return scenarios.flatMap((scenario) =>
    strategiesOf(scenario)
      .filter((name) => scenario.axis !== undefined || (strategies?.includes(name) ?? true))
      .map((name): [Scenario, string] => [scenario, name]),
  )
}

/** How many cells the whole matrix has. */
export function matrixSize(): number {
  return cellsOf(SCENARIOS).length
}

/** Crews at work at the same time: a forced run keeps one core busy. */
const CREWS = Math.min(4, availableParallelism())

/** Runs the whole matrix, or some rows and columns of it. Cells come in the order of rows and columns. */
export async function runMatrix(options: MatrixOptions = {}): Promise<MatrixCell[]> {
  const { scenarios = SCENARIOS, strategies, times = 1, lockdep, progress, stop } = options
  const cells: MatrixCell[] = []
  const todo = cellsOf(scenarios, strategies)
  const jobs = todo.entries()
  const work = async (): Promise<void> => {
    await using crew = new Crew(true)
    for (const [index, [scenario, strategy]] of jobs) {
      if (stop?.() === true) break
      progress?.(`cell ${index + 1} of ${todo.length}: ${scenario.name} ${variantOf(scenario, strategy)}`)
      const repeated = await runRepeated(crew, scenario, strategy, times, { ...(stop && { stop }) })
      const { first, times: runs, same } = repeated
      const { lockReports } = first
      cells[index] = {
        ...judged(scenario, first),
        times: runs,
        same,
        ...(lockdep === true && { lockReports }),
      }
    }
  }
  await Promise.all(Array.from({ length: CREWS }, work))
  // A run that was stopped leaves gaps.
  return cells.filter((cell) => cell !== undefined)
}

/** The matrix that is expected: what the page shows. */
export function expectedMatrix(): MatrixCell[] {
  return cellsOf(SCENARIOS).map(([scenario, strategy]) => matrixCell(scenario, strategy))
}

/** `happens (oops)`, `does not`, `hangs (hung task)`. */
export function cellText({ outcome, seenBy }: Cell): string {
  return seenBy.length === 0 ? outcome : `${outcome} (${seenBy.join(', ')})`
}

/** `**happens** (oops)`: a cell in a page. */
function pageText(cell: Cell): string {
  const { outcome } = cell
  return outcome === 'does not' ? cellText(cell) : `**${outcome}**${cellText(cell).slice(outcome.length)}`
}

/** The table of races that no strategy plays a part in. */
function apartTable(cells: readonly MatrixCell[]): string {
  const rows = cells.map(({ scenario, axis, member = '', cell }) => [
    `[${scenario}](#${scenario})`,
    axis === 'none' ? '' : `${axis} \`${member}\``,
    pageText(cell),
  ])
  return markdownTable(['', 'of', 'outcome'], rows).join('\n')
}

/** The table of strategies. Its rows are linked to their sections of `page`, which is '' on the page itself. */
export function matrixTable(all: readonly MatrixCell[], page = ''): string {
  const cells = all.filter(({ axis }) => axis === 'strategy')
  const strategies = [...new Set(cells.map(({ strategy }) => strategy))]
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))]
  const text = (scenario: string, strategy: string): string => {
    const found = cells.find((one) => one.scenario === scenario && one.strategy === strategy)
    return found === undefined ? '' : pageText(found.cell)
  }
  const rows = scenarios.map((scenario) => [
    `[${scenario}](${page}#${scenario})`,
    ...strategies.map((strategy) => text(scenario, strategy)),
  ])
  return markdownTable(['', ...strategies], rows).join('\n')
}

/** Rows that the README shows. */
const SHORT: readonly string[] = [
  'problem-1',
  'problem-2',
  'problem-2-force',
  'problem-3',
  'problem-4-1',
  'problem-4-2',
  'problem-5',
  'cross-parent-duplicate',
  'blocked-remove',
  'newcomer',
  'devlink-deadlock-2019',
  'devlink-deadlock',
  'devlink-self',
  'residual-window',
]

/** The table of the README: the races that the mails are about. */
export function shortMatrix(cells: readonly MatrixCell[]): string {
  return matrixTable(
    SHORT.flatMap((name) => cells.filter(({ scenario }) => scenario === name)),
    'docs/matrix.md',
  )
}

/** Strategies that behave alike, in one line: `rwsem, modern: ENODEV, ok`. */
function answersOf(cells: readonly MatrixCell[]): string[] {
  const groups = new Map<string, string[]>()
  for (const { axis, member = axis, strategy, cell } of cells) {
    const what = `${cellText(cell)}; the CPUs answer ${cell.answers.join(', ')}`
    const who = axis === 'strategy' ? strategy : axis === 'none' ? 'once' : `${axis} ${member}`
    groups.set(what, [...(groups.get(what) ?? []), who])
  }
  return [...groups].map(([what, strategies]) => `- ${strategies.join(', ')}: ${what}`)
}

/** The page docs/matrix.md. */
export function matrixPage(cells: readonly MatrixCell[]): string {
  const sections = SCENARIOS.map((scenario) => {
    const own = cells.filter((one) => one.scenario === scenario.name)
    return [
      `## ${scenario.name}`,
      '',
      `${scenario.title}. *Source:* ${scenario.source}.`,
      '',
      `*Symptom:* ${scenario.symptom}. *Argued for:* ${scenario.fix}.`,
      '',
      ...answersOf(own),
    ].join('\n')
  })
  return [
    '# Scenario × strategy',
    '',
    'Written by `lockstorm scenario --matrix --write docs/matrix.md`; a test keeps it true. Each cell is one forced run: does the race',
    'happen, and who sees it? `lockstorm scenario NAME --strategy S` shows the run.',
    '',
    matrixTable(cells),
    '',
    'No strategy plays a part in the following: they vary over a notifier of VFIO, the wiring of a driver, a fence, or nothing.',
    '',
    apartTable(cells.filter(({ axis }) => axis !== 'strategy')),
    '',
    ...sections.flatMap((section) => [section, '']),
  ].join('\n')
}
