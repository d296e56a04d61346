/**
 * A comparison, told.
 */
import { counted } from '../base/plural.ts'
import type { Comparison, FalseAlarms, JudgedCell } from '../compare/index.ts'
import { markdownTable } from './markdown.ts'
import type { Block } from './page.ts'
import { bad, good, median } from './style.ts'
import { digits, duration } from './text.ts'

const HEAD = ['what', '×', 'was', 'is', 'change', '95 % interval', 'p', 'verdict', 'time was', 'time is']
const DROP = ['time was', 'time is', 'p', '×']

/** `+4.2 %`. */
export function percent(share: number): string {
  const value = 100 * share
  return `${value < 0 ? '−' : '+'}${digits(Math.abs(value))} %`
}

/** Three significant digits, of small ones too. */
function ratio(value: number): string {
  return value >= 1 ? digits(value) : value.toPrecision(3)
}

function chance(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3)
}

function absolute(value: number, unit: JudgedCell['absolute']['unit']): string {
  if (unit === 'ns') return duration(value)
  return unit === 'ms' ? duration(value * 1e6) : `${digits(value)}/s`
}

function coloured({ verdict }: JudgedCell): string {
  if (verdict === 'slower') return bad(verdict)
  return verdict === 'faster' ? good(verdict) : verdict
}

function rowOf(one: JudgedCell): string[] {
  const { was, is, change, low, high, adjusted, absolute: abs } = one
  return [
    one.cell.join(', '),
    one.against,
    ratio(was),
    ratio(is),
    median(percent(change)),
    `${percent(low)} … ${percent(high)}`,
    chance(adjusted),
    coloured(one),
    absolute(abs.was, abs.unit),
    absolute(abs.is, abs.unit),
  ]
}

function rowsOf({ cells, geomean }: Comparison): string[][] {
  const mean = geomean === null ? [] : [['geometric mean', '', '', '', percent(geomean)]]
  return [...cells.map(rowOf), ...(cells.length > 1 ? mean : [])].map((row) =>
    HEAD.map((_, i) => row[i] ?? ''),
  )
}

function headline({ kind, runs: [was, is], cells, verdicts }: Comparison): string {
  const figures = cells.length > 0 ? counted(cells.length, 'figure') : ''
  const words = verdicts > 0 ? counted(verdicts, 'verdict') : ''
  const what = [figures, words].filter((text) => text !== '').join(' and ')
  return `${kind}: ${counted(was, 'run')} against ${counted(is, 'run')}, ${what} compared`
}

/** Sentences below the table. */
function sentences(found: Comparison): string[] {
  const { cells, unjudged, changed, notes, alpha, least } = found
  const legend =
    '×: what times are told as multiples of, round by round; p: chance of such a difference in any of these rows if nothing ' +
    `differed. Verdicts: ~ not told from noise (p above ${alpha}), small: told, but it may be less than ${percent(least).slice(1)}. Times themselves are not judged.`
  const why = new Map<string, string[]>()
  for (const { cell, why: text } of unjudged) why.set(text, [...(why.get(text) ?? []), cell.join(', ')])
  return [
    ...(cells.length > 0 ? [legend] : []),
    ...changed.map(({ name, was, is }) => `CHANGED ${name}: ${is}; it was: ${was}`),
    ...[...why].map(([text, names]) => `not judged: ${names.join('; ')}: ${text}`),
    ...notes,
    ...baselineNote(found),
    conclusion(found),
  ]
}

/** Where what others are told by has changed itself, their changes are partly its. */
function baselineNote({ cells }: Comparison): string[] {
  const moved = cells.filter(({ cell, verdict }) => {
    const isBaseline = cells.some(({ against }) => against === cell.at(-1))
    return isBaseline && (verdict === 'slower' || verdict === 'faster')
  })
  return moved.map(({ cell, verdict }) => {
    return `${cell.join(', ')} is ${verdict} itself: rows that are told as its multiples have changed with it`
  })
}

function conclusion({ cells, changed, finding }: Comparison): string {
  const count = (wanted: JudgedCell['verdict']): number =>
    cells.filter(({ verdict }) => verdict === wanted).length
  const figures = cells.length === 0 ? [] : [`${count('slower')} slower`, `${count('faster')} faster`]
  const words = changed.length === 0 ? [] : [`${counted(changed.length, 'verdict')} changed`]
  const text = [...figures, ...words].join(', ')
  if (finding) return bad(text)
  return text === '' ? 'No verdict has changed.' : `${text}: nothing slower, nothing newly broken.`
}

/** As text. */
export function compareBlocks(found: Comparison): Block[] {
  const rows = rowsOf(found)
  const table: Block[] = rows.length === 0 ? [] : [{ head: HEAD, rows, drop: DROP, wrap: ['what'] }, '']
  return [headline(found), '', ...table, ...sentences(found).map((prose) => ({ prose }))]
}

/** As Markdown, for a mail. */
export function compareMarkdown(found: Comparison): Block[] {
  const rows = rowsOf(found)
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const table =
    rows.length === 0
      ? []
      : markdownTable(
          HEAD,
          rows.map((row) => row.map(cell)),
        )
  const lines = [headline(found), '', ...table, '', ...sentences(found).map((text) => `- ${text}`)]
  return [{ verbatim: lines.join('\n') }]
}

/** How often equal runs are called different. */
export function selfBlocks(results: readonly FalseAlarms[], alpha: number): Block[] {
  const share = (count: number, all: number): string =>
    all === 0 ? 'n/a' : `${count} (${((100 * count) / all).toFixed(1)} %)`
  const rows = results.map(({ runs, comparisons, unjudged, any, findings }) => [
    `${runs} against ${runs}`,
    String(comparisons - unjudged),
    String(unjudged),
    share(any, comparisons - unjudged),
    share(findings, comparisons - unjudged),
  ])
  return [
    {
      head: ['runs', 'comparisons', 'not judged', 'anything slower or faster', 'exit code 1'],
      rows,
      drop: ['not judged'],
    },
    { prose: `Nothing differs, so each is a false alarm; at most ${100 * alpha} % should be.` },
  ]
}
