/**
 * The matrix of scenarios: as a table, as the page docs/matrix.md, and as the table of the README.
 */
import type { Cell, Scenario } from '../define/race.ts'
import { OF_ITS_DAY } from '../define/race.ts'
import type { MatrixCell } from '../scenarios/matrix.ts'
import { markdownTable } from './markdown.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'

type Told = Pick<Scenario, 'name' | 'title' | 'source' | 'symptom' | 'fix'>

/** `happens (oops)`, `does not`, `hangs (hung task)`. */
export function cellText({ outcome, seenBy }: Cell): string {
  return seenBy.length === 0 ? outcome : `${outcome} (${seenBy.join(', ')})`
}

/** The vendor's change behind a cell, where it declares one. */
function changed({ vendor }: MatrixCell, text: string): string {
  return vendor === OF_ITS_DAY ? text : `${text}; ${vendor}`
}

/** `**happens** (oops)`: a cell in a page. */
function pageText(one: MatrixCell): string {
  const { outcome } = one.cell
  const text = cellText(one.cell)
  return changed(one, outcome === 'does not' ? text : `**${outcome}**${text.slice(outcome.length)}`)
}

/** The races that no strategy plays a part in, in Markdown. */
function apartMarkdown(cells: readonly MatrixCell[]): string {
  const rows = cells.map((one) => [
    `[${one.scenario}](#${one.scenario})`,
    one.axis === 'none' ? '' : `${one.axis} \`${one.member ?? ''}\``,
    pageText(one),
  ])
  return markdownTable(['', 'of', 'outcome'], rows).join('\n')
}

/** The table of strategies in Markdown. Its rows are linked to their sections of `page`, which is '' on the page itself. */
function strategiesMarkdown(all: readonly MatrixCell[], page = ''): string {
  const cells = all.filter(({ axis }) => axis === 'strategy')
  const strategies = [...new Set(cells.map(({ strategy }) => strategy))]
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))]
  const text = (scenario: string, strategy: string): string => {
    const found = cells.find((one) => one.scenario === scenario && one.strategy === strategy)
    return found === undefined ? '' : pageText(found)
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
  return strategiesMarkdown(
    SHORT.flatMap((name) => cells.filter(({ scenario }) => scenario === name)),
    'docs/matrix.md',
  )
}

/** Strategies that behave alike, in one line: `rwsem, modern: ENODEV, ok`. */
function answersOf(cells: readonly MatrixCell[]): string[] {
  const groups = new Map<string, string[]>()
  for (const one of cells) {
    const { axis, member = axis, strategy, cell } = one
    const what = changed(one, `${cellText(cell)}; the CPUs answer ${cell.answers.join(', ')}`)
    const who = axis === 'strategy' ? strategy : axis === 'none' ? 'once' : `${axis} ${member}`
    groups.set(what, [...(groups.get(what) ?? []), who])
  }
  return [...groups].map(([what, strategies]) => `- ${strategies.join(', ')}: ${what}`)
}

/** The page docs/matrix.md. */
export function matrixPage(cells: readonly MatrixCell[], scenarios: readonly Told[]): string {
  const sections = scenarios.map((scenario) => {
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
    "happen, and who sees it? `lockstorm scenario NAME --strategy S` shows the run. Behind a semicolon stands what the vendor's driver does",
    'otherwise than on its day; a row that only some strategies make possible has the other cells empty.',
    '',
    strategiesMarkdown(cells),
    '',
    'No strategy plays a part in the following: they vary over a notifier of VFIO, the wiring of a driver, a fence, or nothing.',
    '',
    apartMarkdown(cells.filter(({ axis }) => axis !== 'strategy')),
    '',
    ...sections.flatMap((section) => [section, '']),
  ].join('\n')
}

/** A cell with the answers of the CPUs. */
export function answeredText(cell: Cell): string {
  return `${cellText(cell)}, answers ${cell.answers.join(' ')}`
}

function outcomeText(one: MatrixCell): string {
  const text = changed(one, cellText(one.cell))
  return one.asExpected ? text : bad(text)
}

/** The matrix as a table of strategies, one row per scenario. */
function strategiesTable(all: readonly MatrixCell[]): Block {
  const cells = all.filter(({ axis }) => axis === 'strategy')
  const strategies = [...new Set(cells.map(({ strategy }) => strategy))]
  const rows = [...new Set(cells.map(({ scenario }) => scenario))].map((name) => {
    const own = cells.filter(({ scenario }) => scenario === name)
    const found = strategies.map((strategy) => own.find((one) => one.strategy === strategy))
    return [name, ...found.map((one) => (one === undefined ? '' : outcomeText(one)))]
  })
  return { head: ['scenario', ...strategies], rows, wrap: strategies }
}

/** The races that no strategy plays a part in. */
function apartTable(all: readonly MatrixCell[]): Block {
  const cells = all.filter(({ axis }) => axis !== 'strategy')
  const rows = cells.map((one) => [one.scenario, `${one.axis} ${one.member ?? ''}`, outcomeText(one)])
  return { head: ['no strategy plays a part', 'of', 'outcome'], rows, left: 2, wrap: ['outcome'] }
}

/** What all interleavings of each cell show, where they were explored: one row per race and verdict. */
function exploredTable(cells: readonly MatrixCell[]): Block[] {
  const groups = new Map<string, { race: string; text: string; who: string[] }>()
  for (const { scenario, strategy, axis, explored } of cells) {
    if (explored === undefined) continue
    const text = explored.asExpected ? explored.text : bad(explored.text)
    const key = `${scenario} ${text}`
    const group = groups.get(key) ?? { race: scenario, text, who: [] }
    group.who.push(axis === 'strategy' ? strategy : '')
    groups.set(key, group)
  }
  if (groups.size === 0) return []
  const rows = [...groups.values()].map(({ race, text, who }) => [race, text, who.join(', ')])
  return ['', { head: ['scenario', 'explored', 'under'], rows, left: 3, wrap: ['under', 'explored'] }]
}

/** The matrix, what is not as expected, and what the runs of a cell did not do alike. `times`: runs of each cell. */
export function matrixText(cells: readonly MatrixCell[], times: number, whole: boolean): Block[] {
  const wrong = cells.filter(({ asExpected }) => !asExpected)
  const unlike = cells.filter((cell) => cell.same !== cell.times)
  const alike = cells.length - unlike.length
  const all = `${alike} of ${cells.length} cells: ${times} of ${times} runs have the same verdict and the same ladder`
  return [
    strategiesTable(cells),
    ...(cells.some(({ axis }) => axis !== 'strategy') ? ['', apartTable(cells)] : []),
    ...exploredTable(cells),
    ...wrong.map(
      ({ scenario, strategy, cell, expected }) =>
        `${bad('NOT AS EXPECTED')}: ${scenario} under ${strategy}: ${answeredText(cell)}; expected ${answeredText(expected)}`,
    ),
    `${cells.length} cells, ${cells.length - wrong.length} ${good('as expected')}`,
    ...unlike.map(
      ({ scenario, strategy, same, times: runs }) =>
        `${bad('NOT ALIKE')}: ${scenario} under ${strategy}: ${same} of ${runs} runs`,
    ),
    ...(times > 1 && whole ? [all] : []),
  ]
}
