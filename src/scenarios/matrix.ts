/**
 * The matrix: every scenario under every strategy, as data and as the page docs/matrix.md.
 */
import { availableParallelism } from 'node:os'
import { STRATEGIES } from '../mdev/index.ts'
import { markdownTable } from '../report/markdown.ts'
import type { LockReport } from '../results/locks.ts'
import { Crew } from './engine/crew.ts'
import { runRepeated } from './engine/repeat.ts'
import { sameCell, type ForcedRun } from './engine/run.ts'
import { SCENARIOS } from '../races/registry.ts'
import type { Cell, Scenario } from '../define/race.ts'

/** One cell with what was expected of it. */
export interface MatrixCell {
  readonly scenario: string
  readonly strategy: string
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

/** Names of the strategies, in the order of the columns. */
export const MATRIX_STRATEGIES: readonly string[] = STRATEGIES.map(({ name }) => name)

/** What a scenario expects of a strategy. Throws for a scenario that forgot one. */
function expectedCell(scenario: Scenario, strategy: string): Cell {
  const cell = scenario.expect[strategy]
  if (cell === undefined) throw new Error(`${scenario.name} expects nothing of ${strategy}`)
  return cell
}

/** Compares a run with what was expected. */
export function judged(scenario: Scenario, { strategy, cell }: ForcedRun): MatrixCell {
  const expected = expectedCell(scenario, strategy)
  return { scenario: scenario.name, strategy, cell, expected, asExpected: sameCell(cell, expected) }
}

/** Crews at work at the same time: a forced run keeps one core busy. */
const CREWS = Math.min(4, availableParallelism())

/** Runs the whole matrix, or some rows and columns of it. Cells come in the order of rows and columns. */
export async function runMatrix(options: MatrixOptions = {}): Promise<MatrixCell[]> {
  const {
    scenarios = SCENARIOS,
    strategies = MATRIX_STRATEGIES,
    times = 1,
    lockdep,
    progress,
    stop,
  } = options
  const cells: MatrixCell[] = []
  const todo = scenarios.flatMap((scenario) => strategies.map((strategy) => ({ scenario, strategy })))
  const jobs = todo.entries()
  const work = async (): Promise<void> => {
    await using crew = new Crew(true)
    for (const [index, { scenario, strategy }] of jobs) {
      if (stop?.() === true) break
      progress?.(`cell ${index + 1} of ${todo.length}: ${scenario.name} ${strategy}`)
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
  return SCENARIOS.flatMap((scenario) =>
    MATRIX_STRATEGIES.map((strategy) => {
      const expected = expectedCell(scenario, strategy)
      return { scenario: scenario.name, strategy, cell: expected, expected, asExpected: true }
    }),
  )
}

/** `happens (oops)`, `does not`, `hangs (hung task)`. */
export function cellText({ outcome, seenBy }: Cell): string {
  return seenBy.length === 0 ? outcome : `${outcome} (${seenBy.join(', ')})`
}

/** The table. Its rows are linked to their sections of `page`, which is '' on the page itself. */
export function matrixTable(cells: readonly MatrixCell[], page = ''): string {
  const strategies = [...new Set(cells.map(({ strategy }) => strategy))]
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))]
  const text = (scenario: string, strategy: string): string => {
    const found = cells.find((one) => one.scenario === scenario && one.strategy === strategy)
    if (found === undefined) return ''
    const { outcome } = found.cell
    return outcome === 'does not'
      ? cellText(found.cell)
      : `**${outcome}**${cellText(found.cell).slice(outcome.length)}`
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
  for (const { strategy, cell } of cells) {
    const what = `${cellText(cell)}; the CPUs answer ${cell.answers.join(', ')}`
    groups.set(what, [...(groups.get(what) ?? []), strategy])
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
    ...sections.flatMap((section) => [section, '']),
  ].join('\n')
}
