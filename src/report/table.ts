/**
 * Plain tables that fit: columns by width, a rule under the heads.
 *
 * What gives way   cells of the columns in `wrap` are broken between words; then columns go, those of `drop` in that order and
 *                  the others from the right; a line below names them. The first `left` columns stay, and one besides.
 */
import { visible, wrapped, wrappedLine } from './text.ts'

/** Rows and columns. Cells may bear colour. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** So many columns are aligned left, those that wrap besides; the others right. Default 1. */
  readonly left?: number
  /** Heads of columns whose cells may be broken between words. */
  readonly wrap?: readonly string[]
  /** Heads of the columns that go first, in this order. */
  readonly drop?: readonly string[]
}

const GAP = 2

/** A column on its way to the page. */
interface Column {
  readonly head: string
  readonly cells: readonly string[]
  readonly isLeft: boolean
  readonly mayWrap: boolean
  /** Widest cell, and least width if it may wrap. */
  readonly most: number
  readonly least: number
  width: number
}

function longestWord(text: string): number {
  return Math.max(0, ...text.split(' ').map(visible))
}

function columnsOf({ head, rows, left = 1, wrap = [] }: Table): Column[] {
  return head.map((name, i) => {
    const cells = rows.map((row) => row[i] ?? '')
    const all = [name, ...cells]
    const most = Math.max(...all.map(visible))
    const mayWrap = wrap.includes(name)
    const least = Math.max(...all.map(longestWord))
    return { head: name, cells, isLeft: i < left || mayWrap, mayWrap, most, least, width: most }
  })
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, -GAP)
}

/** Narrows the widest of the columns that may wrap until all fit. Returns false, and leaves them as they were, if they cannot. */
function narrow(columns: readonly Column[], width: number, all = false): boolean {
  for (const column of columns) column.width = column.most
  let over = widthOf(columns) - width
  const may = columns.filter(({ mayWrap }) => mayWrap || all)
  if (may.reduce((sum, { most, least }) => sum + most - least, 0) < over && !all) return false
  for (; over > 0; over--) {
    const widest = may.filter((one) => one.width > one.least).sort((a, b) => b.width - a.width)[0]
    if (widest === undefined) return false
    widest.width--
  }
  return true
}

/** The columns that stay, narrowed to `width`, and the heads of those that went, in the table's order. */
function fitted(table: Table, width: number): { readonly kept: Column[]; readonly gone: string[] } {
  const { left = 1, drop = [] } = table
  const all = columnsOf(table)
  const later = all.slice(left).toReversed()
  const first = drop.flatMap((name) => later.filter(({ head }) => head === name))
  const order = [...new Set([...first, ...later])]
  let kept = all
  while (!narrow(kept, width) && kept.length > left + 1) {
    const next = order.shift()
    kept = kept.filter((one) => one !== next)
  }
  narrow(kept, width, widthOf(kept) > width)
  return { kept, gone: all.filter((one) => !kept.includes(one)).map(({ head }) => head) }
}

function padded(text: string, { width, isLeft }: Column): string {
  const space = ' '.repeat(Math.max(0, width - visible(text)))
  return isLeft ? text + space : space + text
}

/** One row, as high as its highest cell. */
function line(columns: readonly Column[], cells: readonly string[]): string[] {
  const lines = columns.map((column, i) => wrappedLine(cells[i] ?? '', column.width, 0))
  const height = Math.max(...lines.map(({ length }) => length))
  return Array.from({ length: height }, (_, y) =>
    columns
      .map((column, i) => padded(lines[i]?.[y] ?? '', column))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** The table in lines of at most `width` characters. */
export function renderTable(table: Table, width: number): string {
  const { kept, gone } = fitted(table, width)
  const rows = table.rows.map((_, y) => kept.map(({ cells }) => cells[y] ?? ''))
  const heads = kept.map(({ head }) => head)
  const rules = kept.map((column) => '─'.repeat(column.width))
  const lines = [heads, rules, ...rows].flatMap((cells) => line(kept, cells))
  const note = `There is no room for these columns in ${width} characters: ${gone.join(', ')}.`
  return [...lines, ...(gone.length > 0 ? [wrapped(note, width, 0)] : [])].join('\n')
}
