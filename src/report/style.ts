/**
 * Colour, where it says something: verdicts and medians. Reports always mark them; `render` takes the marks out where nobody
 * wants colour.
 */
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

function styled(format: Format, text: string): string {
  return text === '' ? text : styleText(format, text, { validateStream: false })
}

/** What is as it must be. */
export function good(text: string): string {
  return styled('green', text)
}

/** A finding, and what is not as it must be. */
export function bad(text: string): string {
  return styled('red', text)
}

/** The figure that a row is read for. */
export function median(text: string): string {
  return styled('bold', text)
}

/** A verdict in the colour of its kind. */
export function verdict(ok: boolean, text: string): string {
  return ok ? good(text) : bad(text)
}

/** What a mark says. */
export type Mark = 'good' | 'bad' | 'median'

const OPENS: Readonly<Record<string, Mark>> = { '32': 'good', '31': 'bad', '1': 'median' }

/** A marked text in pieces, each with the mark that it has: for pages, which show marks in their own way. */
export function pieces(text: string): { readonly text: string; readonly mark?: Mark }[] {
  const [first = '', ...rest] = text.split('\u001B[')
  const marked = rest.map((part) => {
    const [code = '', ...words] = part.split('m')
    const mark = OPENS[code]
    return { text: words.join('m'), ...(mark !== undefined && { mark }) }
  })
  return [{ text: first }, ...marked].filter((piece) => piece.text !== '')
}

/**
 * Whether a stream wants colour: NO_COLOR and FORCE_COLOR decide where they are set, FORCE_COLOR before NO_COLOR as in Node
 * itself; else whether it is a terminal that has colours.
 */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (no !== undefined && no !== '') return false
  return isTerminal && env['TERM'] !== 'dumb'
}
