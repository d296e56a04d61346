/**
 * A document as one HTML page: nothing is loaded from anywhere, and nothing needs a script.
 */
import { stripVTControlCharacters } from 'node:util'
import { ladderRows } from '../ladder.ts'
import type { Block } from '../page.ts'
import { pieces } from '../style.ts'
import type { Table } from '../table.ts'
import { drawn, escaped } from './draw.ts'
import type { Document, Part, Section } from './document.ts'
import { SCRIPT, STYLE } from './look.ts'
import { plain, sourceText } from './source.ts'

/** Marks of `style.ts` as elements: what is good, what is bad, what a row is read for. */
function marked(text: string): string {
  return pieces(text)
    .map(({ text: piece, mark }) => {
      if (mark === undefined) return escaped(piece)
      return mark === 'median' ? `<b>${escaped(piece)}</b>` : `<span class="${mark}">${escaped(piece)}</span>`
    })
    .join('')
}

/** Sentences: flags in them do not break. */
function prose(text: string): string {
  return marked(text).replaceAll(/(?<![\w-])--[a-z][\w-]*(?:=[\w%.-]+)?/g, '<code>$&</code>')
}

/** Cells of the matrix say what they are by their first word. */
function cellClass(text: string): string {
  if (/^(happens|hangs)\b/.test(text)) return 'yes'
  return text === 'does not' ? 'no' : ''
}

/** Characters from which on a cell is a sentence: its column does not become narrow. */
const LONG = 40

function table({ head, rows, left = 1, wrap = [] }: Table): string {
  const isLong = (i: number): boolean => rows.some((cells) => (cells[i] ?? '').length > LONG)
  const classes = head.map((name, i) => [
    i < left || wrap.includes(name) ? 'l' : '',
    wrap.includes(name) ? 'w' : '',
    wrap.includes(name) && isLong(i) ? 'long' : '',
  ])
  const cell = (tag: string, text: string, i: number): string => {
    const own =
      tag === 'td'
        ? [...(classes[i] ?? []), cellClass(stripVTControlCharacters(text))]
        : [classes[i]?.[0] ?? '']
    const names = own.filter((name) => name !== '').join(' ')
    return `<${tag}${names === '' ? '' : ` class="${names}"`}>${marked(text)}</${tag}>`
  }
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((text, i) => cell(tag, text, i)).join('')}</tr>`
  const body = rows.map((cells) => row('td', cells)).join('\n')
  return `<div class="scroll"><table><thead>${row('th', head)}</thead><tbody>\n${body}\n</tbody></table></div>`
}

/** The name of an interleaving, buttons that only a script shows, and a column per CPU. */
function steps(name: string, lines: readonly string[]): string {
  const { cpus, rows, below } = ladderRows(lines)
  const heads = Array.from(
    { length: cpus },
    (_, cpu) => `<div class="head" style="grid-column:${cpu + 1}">cpu-${cpu}</div>`,
  )
  const body = rows.map(({ cpu, depth, text }, i) => {
    const end = /\*\*\*|BUG|WARNING|dies|hangs/.test(text) ? ' class="end"' : ''
    return `<div data-i${end} style="grid-area:${i + 2}/${cpu + 1}">${'  '.repeat(Math.max(0, Math.floor(depth)))}${escaped(text)}</div>`
  })
  const walk =
    '<p class="walk" hidden><button data-by="first">first</button> <button data-by="-1">back</button> ' +
    '<button data-by="1">next</button> <button data-by="all">all</button> <output></output></p>'
  const after = below.join('\n').trim()
  return (
    `<p><b>${escaped(name)}</b></p>${walk}<div class="steps"><div class="ladder">${heads.join('')}\n${body.join('\n')}</div></div>` +
    (after === '' ? '' : `<pre>${escaped(after)}</pre>`)
  )
}

function block(one: Block): string {
  if (typeof one === 'string') {
    if (one.trim() === '') return ''
    return one.includes('\n') ? `<pre>${marked(one)}</pre>` : `<p>${prose(one)}</p>`
  }
  if ('verbatim' in one) return `<pre>${marked(one.verbatim)}</pre>`
  if ('prose' in one)
    return one.prose
      .split('\n')
      .map((text) => `<p>${prose(text)}</p>`)
      .join('')
  if ('rows' in one) return table(one)
  if ('pairs' in one) return table({ head: ['', ''], rows: one.pairs, left: 2, wrap: [''] })
  return `<pre>${marked(one.ladder.join('\n'))}</pre>`
}

/** Charts that follow each other stand beside each other where there is room. */
function parts(all: readonly Part[]): string {
  const out: string[] = []
  let isRow = false
  for (const part of all) {
    const isChart = typeof part !== 'string' && 'chart' in part
    if (isChart !== isRow) out.push(isChart ? '<div class="charts">' : '</div>')
    isRow = isChart
    out.push(onePart(part))
  }
  if (isRow) out.push('</div>')
  return out.filter((text) => text !== '').join('\n')
}

function onePart(part: Part): string {
  if (typeof part === 'string') return block(part)
  if ('chart' in part) return drawn(part.chart)
  if ('steps' in part) return steps(part.steps, part.ladder)
  if ('folded' in part)
    return `<details><summary>${escaped(part.folded)}</summary>\n${parts(part.parts)}\n</details>`
  return block(part)
}

function section(one: Section, i: number): string {
  const { title, source } = one
  const from = sourceText(source)
    .map((text) => marked(text))
    .join('<br>')
  return `<section id="s${i + 1}"><h2>${escaped(title)}</h2>\n<p class="source">${from}</p>\n${parts(one.parts)}\n</section>`
}

/** The page. */
export function htmlPage({ title, sections }: Document): string {
  const entries = sections.map((one, i) => `<li><a href="#s${i + 1}">${escaped(one.title)}</a></li>`)
  const hasSteps = sections.some((one) => JSON.stringify(one.parts).includes('"steps":'))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1>
${sections.length > 1 ? `<nav><ol>${entries.join('')}</ol></nav>` : ''}</header>
<main>
${sections.map(section).join('\n')}
</main>
<footer><p>${escaped(plain())}</p></footer>
${hasSteps ? `<script>${SCRIPT}</script>` : ''}
</body>
</html>
`
}
