/**
 * A document as Markdown, for a mail: tables and sentences. Charts are their figures.
 */
import { stripVTControlCharacters } from 'node:util'
import { markdownTable } from '../markdown.ts'
import type { Block } from '../page.ts'
import type { Chart } from './chart.ts'
import type { Document, Part } from './document.ts'
import { sourceText } from './source.ts'

const cell = (text: string): string =>
  stripVTControlCharacters(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(
    head.map(cell),
    rows.map((row) => row.map(cell)),
  ).join('\n')
}

const fenced = (lines: readonly string[]): string => ['```', ...lines, '```'].join('\n')

function block(one: Block): string {
  if (typeof one === 'string') {
    const text = stripVTControlCharacters(one)
    return text.includes('\n') ? fenced(text.trim().split('\n')) : text
  }
  if ('verbatim' in one) return fenced([stripVTControlCharacters(one.verbatim)])
  if ('prose' in one) return stripVTControlCharacters(one.prose)
  if ('rows' in one) return table(one.head, one.rows)
  if ('pairs' in one) return one.pairs.map(([name, what]) => `- ${name}: ${what}`).join('\n')
  return fenced(one.ladder)
}

/** The lines of what a chart shows, one per name. */
function chartLines(chart: Chart): string[] {
  if (chart.kind === 'lines') return chart.lines.map(({ name, tips = [] }) => `- ${name}: ${tips.join('; ')}`)
  if (chart.kind === 'dots') {
    return chart.rows.map(
      ({ name, tip, mark }) => `- ${name}: ${tip}${mark === undefined ? '' : ` (${mark})`}`,
    )
  }
  if (chart.kind === 'spans') return chart.lanes.map(({ name, spans }) => `- ${name}: ${spans.length} spans`)
  return chart.rows.map(({ name, parts }) => {
    return `- ${name}: ${parts.map((part) => `${part.name} ${part.tip}`).join('; ') || 'none'}`
  })
}

/** A chart whose lines have no figures of their own, such as percentiles, is for a page only. */
function chartText(chart: Chart): string {
  if (chart.kind === 'lines' && chart.lines.every(({ tips = [] }) => tips.length === 0)) return ''
  return [`${chart.title}:`, '', ...chartLines(chart)].join('\n')
}

function onePart(part: Part): string {
  if (typeof part === 'string') return block(part)
  if ('chart' in part) return chartText(part.chart)
  if ('steps' in part) return `${part.steps}\n\n${fenced(part.ladder)}`
  if ('folded' in part) return [`**${part.folded}**`, ...part.parts.map(onePart)].join('\n\n')
  return block(part)
}

/** The mail. */
export function markdownPage({ title, sections }: Document): string {
  const all = sections.flatMap((one) => {
    const from = sourceText(one.source).map((text) => `> ${text}  `)
    const texts = one.parts.map(onePart).filter((text) => text.trim() !== '')
    return [`## ${one.title}`, from.join('\n'), ...texts]
  })
  return `${[`# ${title}`, ...all].join('\n\n')}\n`
}
