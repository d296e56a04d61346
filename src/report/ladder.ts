/**
 * The diagram that kernel developers put into mails about races: one column per CPU, time running down. Pure: rows in,
 * lines out. The explorer draws its failing schedules with it, scenarios the interleavings they force.
 *
 *   cpu-0                                         cpu-1
 *   -----                                         -----
 *   mutex_lock(&lock_a);
 *                                                 mutex_lock(&lock_b);
 */

import { wrappedLine } from './text.ts'

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
  /** Rows longer than this make their column no wider: they go on below the heads of the next. */
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
  const texts = rows.map(({ depth, text }) => ' '.repeat(depth * INDENT) + text)
  const widths = Array.from({ length: cpus }, (_, cpu) => {
    const own = texts.filter((_text, i) => rows[i]?.cpu === cpu)
    return Math.max(columnWidth, ...own.map(({ length }) => Math.min(length, maxRowWidth) + GAP))
  })
  const start = widths.map((_, cpu) => widths.slice(0, cpu).reduce((sum, width) => sum + width, 0))
  const heads = widths.map((width, cpu) => `cpu-${cpu}`.padEnd(width)).join('')
  const rules = widths.map((width) => '-----'.padEnd(width)).join('')
  const body = rows.map(({ cpu }, i) => ' '.repeat(start[cpu] ?? 0) + (texts[i] ?? ''))
  return [heads, rules, ...body].map((line) => line.trimEnd())
}

const HEAD = /^cpu-0(?: +cpu-\d+)*$/

/** Are these lines a ladder, with or without lines below it? */
export function isLadder(lines: readonly string[]): boolean {
  return HEAD.test(lines[0] ?? '') && (lines[1] ?? '').startsWith('-----')
}

/** Least distance of two columns. */
const STEP = 8

/** Where columns begin, so that the widest row of each ends within the page; each row may go on below the next head. */
function startsWithin(starts: readonly number[], widest: readonly number[], width: number): number[] {
  const step = Math.min(...starts.map((_, i) => (i === 0 ? Infinity : (width - (widest[i] ?? 0)) / i)))
  const gap = Math.max(STEP, Math.floor(step))
  return starts.map((start, i) => Math.min(start, i * gap))
}

/** A ladder that was drawn, read again: its rows, and the lines below it. */
export interface ReadLadder {
  readonly cpus: number
  readonly rows: readonly LadderRow[]
  /** From the first empty line on: prose. */
  readonly below: readonly string[]
}

/** The rows of a drawn ladder. The heads tell where its columns begin, and a row begins in the last column that is not right of it. */
export function ladderRows(lines: readonly string[]): ReadLadder {
  const end = lines.includes('') ? lines.indexOf('') : lines.length
  const [head = '', , ...drawn] = lines.slice(0, end)
  const starts = [...head.matchAll(/cpu-\d+/g)].map(({ index }) => index)
  const rows = drawn.map((line) => {
    const from = line.search(/\S|$/)
    const cpu = Math.max(
      0,
      starts.findLastIndex((start) => start <= from),
    )
    return { cpu, depth: (from - (starts[cpu] ?? 0)) / INDENT, text: line.trim() }
  })
  return { cpus: starts.length, rows, below: lines.slice(end) }
}

/**
 * Draws a ladder anew for a page of `width` characters.
 */
export function refitLadder(lines: readonly string[], width: number): string {
  const { cpus, rows, below } = ladderRows(lines)
  const starts = [...(lines[0] ?? '').matchAll(/cpu-\d+/g)].map(({ index }) => index)
  const placed = rows.map(({ cpu, depth, text }) => ({ cpu, text: ' '.repeat(depth * INDENT) + text }))
  const widest = starts.map((_, i) =>
    Math.max(0, ...placed.filter(({ cpu }) => cpu === i).map(({ text }) => text.length)),
  )
  const at = startsWithin(starts, widest, width)
  const heading = (words: readonly string[]): string =>
    words.reduce((line, word, i) => line.padEnd(at[i] ?? 0) + word, '')
  return [
    heading(Array.from({ length: cpus }, (_, cpu) => `cpu-${cpu}`)),
    heading(starts.map(() => '-----')),
    ...placed.map(({ cpu, text }) => ' '.repeat(at[cpu] ?? 0) + text),
    ...below,
  ]
    .flatMap((line) => wrappedLine(line, width))
    .join('\n')
}
