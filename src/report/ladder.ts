/**
 * The diagram that kernel developers put into mails about races: one column per CPU, time running down. Pure: rows in,
 * lines out. The explorer draws its failing schedules with it, scenarios the interleavings they force.
 *
 *   cpu-0                                         cpu-1
 *   -----                                         -----
 *   mutex_lock(&lock_a);
 *                                                 mutex_lock(&lock_b);
 */

/** One thing that one CPU does. */
export interface LadderRow {
  readonly cpu: number
  /** Nesting of calls: two columns of indent each. */
  readonly depth: number
  readonly text: string
}

/** How wide a column may be. */
export interface LadderOptions {
  /** Least width of a column; the widest row decides. */
  readonly columnWidth?: number
  /** Rows longer than this are cut. */
  readonly maxRowWidth?: number
  /** Of more rows than this, the middle is left out. */
  readonly maxRows?: number
}

const INDENT = 2
const GAP = 2

/** Leaves out the middle of very many rows. */
function shorten(rows: readonly LadderRow[], most: number): readonly LadderRow[] {
  if (rows.length <= most) return rows
  const head = Math.ceil((most * 2) / 3)
  const tail = most - head
  const gap = { cpu: 0, depth: 0, text: `… ${rows.length - most} rows …` }
  return [...rows.slice(0, head), gap, ...rows.slice(rows.length - tail)]
}

/** Draws the rows, in order. Returns lines without line ends. */
export function renderLadder(all: readonly LadderRow[], cpus: number, options: LadderOptions = {}): string[] {
  const { columnWidth = 32, maxRowWidth = 72, maxRows = 150 } = options
  const rows = shorten(all, maxRows)
  const texts = rows.map(({ depth, text }) => cut(' '.repeat(depth * INDENT) + text, maxRowWidth))
  const widths = Array.from({ length: cpus }, (_, cpu) =>
    Math.max(
      columnWidth,
      ...texts.filter((_text, i) => rows[i]?.cpu === cpu).map(({ length }) => length + GAP),
    ),
  )
  const start = widths.map((_, cpu) => widths.slice(0, cpu).reduce((sum, width) => sum + width, 0))
  const heads = widths.map((width, cpu) => `cpu-${cpu}`.padEnd(width)).join('')
  const rules = widths.map((width) => '-----'.padEnd(width)).join('')
  const body = rows.map(({ cpu }, i) => ' '.repeat(start[cpu] ?? 0) + (texts[i] ?? ''))
  return [heads, rules, ...body].map((line) => line.trimEnd())
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
