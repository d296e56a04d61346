/**
 * What a command prints, before it is known how wide the page is and whether it has colour.
 *
 * Width   COLUMNS where it is set, else the terminal's, else 100; never less than 60. No word is cut.
 */
import { stripVTControlCharacters } from 'node:util'
import { isLadder, refitLadder } from './ladder.ts'
import { renderTable, type Table } from './table.ts'
import { visible, wrapped, wrappedLine } from './text.ts'

/** Names and what they are: one pair below the other, the second column wrapped. */
export interface Pairs {
  readonly pairs: readonly (readonly [name: string, what: string])[]
}

/** Lines that are drawn for one width and may be drawn anew for another. */
export interface Ladder {
  readonly ladder: readonly string[]
}

/** Sentences: where they go on in another line, it begins where the first did. */
export interface Prose {
  readonly prose: string
}

/** A document of its own, for a file or a mail: it is not made to fit. */
export interface Verbatim {
  readonly verbatim: string
}

/** Lines, whose second lines are indented; or something that has columns or sentences. */
export type Block = string | Prose | Table | Pairs | Ladder | Verbatim

/** How a page looks. */
export interface Look {
  readonly width: number
  readonly colour: boolean
}

const USUAL = 100
const LEAST = 60
/** Names that are wider than this share of the page have a line of their own. */
const NAME_SHARE = 0.4

/** Columns of the page. `terminal`: those of the terminal it goes to, if it goes to one. */
export function pageWidth(terminal: number | undefined, env: NodeJS.ProcessEnv = process.env): number {
  const set = /^\d+$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : 0
  const width = set > 0 ? set : terminal !== undefined && terminal > 0 ? terminal : USUAL
  return Math.max(LEAST, width)
}

function renderPairs({ pairs }: Pairs, width: number): string {
  const most = Math.floor(width * NAME_SHARE)
  const column = Math.max(0, ...pairs.map(([name]) => visible(name)).filter((length) => length <= most)) + 2
  return pairs
    .flatMap(([name, what]) => {
      if (what === '') return wrappedLine(name, width)
      const lines = wrappedLine(what, width - column, 0).map((line) => ' '.repeat(column) + line)
      if (visible(name) > column - 2) return [...wrappedLine(name, width), ...lines]
      const [first = '', ...rest] = lines
      return [name + first.slice(visible(name)), ...rest]
    })
    .join('\n')
}

function renderBlock(block: Block, width: number): string {
  if (typeof block === 'string') return wrapped(block, width)
  if ('verbatim' in block) return block.verbatim
  if ('prose' in block) return wrapped(block.prose, width, 0)
  if ('rows' in block) return renderTable(block, width)
  if ('pairs' in block) return renderPairs(block, width)
  return isLadder(block.ladder) ? refitLadder(block.ladder, width) : wrapped(block.ladder.join('\n'), width)
}

/** The blocks, one below the other, as text that ends its last line. */
export function render(blocks: readonly Block[], { width, colour }: Look): string {
  const text = blocks.map((block) => `${renderBlock(block, width)}\n`).join('')
  return colour ? text : stripVTControlCharacters(text)
}
