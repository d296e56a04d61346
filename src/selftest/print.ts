/**
 * The matrix as the kernel prints it at boot.
 *
 * Source   lib/locking-selftest.c (form of the table)
 */
import {
  COLUMNS,
  SECTIONS,
  type Cell,
  type ColumnName,
  type ExtraSection,
  type Scenario,
  type Section,
} from './cases.ts'

const RULE = '-'.repeat(80)
const LABEL = 34

/** The grid, a table per section, and the total. */
export function selftestText(cells: readonly Cell[], extra: readonly ExtraSection[]): string {
  const failed = cells.filter(({ expected, found }) => expected !== found).length
  const lines = ['-'.repeat(24)]
  for (const section of SECTIONS) {
    lines.push(`| ${section.title}`, RULE)
    lines.push(`${' '.repeat(LABEL - 1)}|${section.columns.map(head).join('|')}|`, `  ${RULE.slice(2)}`)
    for (const scenario of section.scenarios) {
      const row = section.columns.map((column) => mark(cells, section, scenario, column))
      lines.push(`${scenario.title.padStart(LABEL - 1)}:${row.join('|')}|`)
    }
    lines.push(`  ${RULE.slice(2)}`)
  }
  for (const section of extra) lines.push(...extraLines(cells, section))
  const total =
    failed === 0
      ? `Good, all ${cells.length} testcases passed! |`
      : `BUG: ${failed} unexpected failures (out of ${cells.length}) - debugging disabled! |`
  return [...lines, '-'.repeat(total.length), total, '-'.repeat(total.length)].join('\n')
}

function head(column: ColumnName): string {
  const { title } = COLUMNS[column]
  return title.length === 4 ? ` ${title} ` : `${title} `
}

function mark(cells: readonly Cell[], section: Section, { title }: Scenario, column: ColumnName): string {
  const cell = cells.find(
    (one) => one.section === section.title && one.scenario === title && one.column === column,
  )
  if (cell === undefined) return '      '
  return outcome(cell)
}

function outcome({ expected, found }: Cell): string {
  return expected === found ? '  ok  ' : 'FAILED'
}

function extraLines(cells: readonly Cell[], { title: section, rows }: ExtraSection): string[] {
  const marks = (scenario: string): string =>
    cells
      .filter((cell) => cell.section === section && cell.scenario === scenario)
      .map(outcome)
      .join('|')
  return [
    `| ${section}`,
    RULE,
    ...rows.map(({ title }) => `${title.padStart(LABEL - 1)}:${marks(title)}|`),
    `  ${RULE.slice(2)}`,
  ]
}
