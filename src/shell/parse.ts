/**
 * From a line of text to commands. The language is a small part of sh: words, quotes, variables, `;` `&` `&&` `||`, `>` behind
 * echo, patterns with `*` and `?`, comments.
 */

/** A piece of a word: text as it stands, or the name of a variable. */
export interface Piece {
  readonly text: string
  readonly variable: boolean
  /** Stood in quotes: no pattern. */
  readonly quoted: boolean
}

/** A word before its variables are put in. */
export type Word = readonly Piece[]

/** One command. */
export interface Command {
  readonly words: readonly Word[]
  /** Where echo writes. */
  readonly to?: Word
  /** Runs on a CPU of its own while the shell goes on. */
  readonly background: boolean
  /** When it runs, by the status of the one before it. */
  readonly when: 'always' | 'well' | 'failed'
  /** As it was typed. */
  readonly text: string
}

/** A line that is none. */
export class ParseError extends Error {
  override readonly name: string = 'ParseError'
}

const OPERATORS = /^(?:&&|\|\||;|&|>)/
const UNKNOWN = /^(?:>>|\||<|`|\$\()/
const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}|([?!]))/

/** A word or an operator, with where it stands. */
type Token =
  | { readonly word: Word; readonly at: number; readonly end: number }
  | { readonly operator: string; readonly at: number; readonly end: number }

/** Reads one word from `from` on. */
function readWord(line: string, from: number): { readonly word: Word; readonly end: number } {
  const word: Piece[] = []
  let at = from
  const add = (text: string, quoted: boolean, variable = false): void =>
    void word.push({ text, quoted, variable })
  let quote = ''
  while (at < line.length) {
    const char = line[at] as string
    const rest = line.slice(at)
    const found = quote === "'" ? null : VARIABLE.exec(rest)
    if (found !== null) {
      add(found[1] ?? found[2] ?? (found[3] as string), quote !== '', true)
      at += found[0].length
    } else if (char === quote) {
      // An empty text in quotes is a word all the same.
      add('', true)
      quote = ''
      at++
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
      at++
    } else if (char === '\\' && quote !== "'" && at + 1 < line.length) {
      add(line[at + 1] as string, true)
      at += 2
    } else if (quote === '' && (/\s/.test(char) || OPERATORS.test(rest) || UNKNOWN.test(rest))) {
      break
    } else {
      add(char, quote !== '')
      at++
    }
  }
  if (quote !== '') throw new ParseError(`a ${quote} is not closed`)
  return { word: joined(word), end: at }
}

/** Neighbours of a kind as one piece. */
function joined(pieces: readonly Piece[]): Word {
  const word: Piece[] = []
  for (const piece of pieces) {
    const last = word.at(-1)
    if (last === undefined || last.variable || piece.variable || last.quoted !== piece.quoted)
      word.push(piece)
    else word[word.length - 1] = { ...last, text: last.text + piece.text }
  }
  return word
}

function tokens(line: string): Token[] {
  const found: Token[] = []
  for (let at = 0; at < line.length;) {
    const rest = line.slice(at)
    const unknown = UNKNOWN.exec(rest)?.[0]
    const operator = OPERATORS.exec(rest)?.[0]
    if (/^\s/.test(rest)) at++
    else if (rest.startsWith('#')) break
    else if (unknown !== undefined && operator !== '||')
      throw new ParseError(`${unknown} is not known here; help tells what is`)
    else if (operator !== undefined) {
      found.push({ operator, at, end: at + operator.length })
      at += operator.length
    } else {
      const { word, end } = readWord(line, at)
      found.push({ word, at, end })
      at = end
    }
  }
  return found
}

/** The commands of a line. @throws ParseError */
export function parse(line: string): Command[] {
  const all = tokens(line)
  const commands: Command[] = []
  let when: Command['when'] = 'always'
  let i = 0
  while (i < all.length) {
    const first = all[i] as Token
    const words: Word[] = []
    let to: Word | undefined
    for (; i < all.length; i++) {
      const token = all[i] as Token
      if ('word' in token) words.push(token.word)
      else if (token.operator === '>') {
        const next = all[++i]
        if (next === undefined || !('word' in next))
          throw new ParseError('the name of a file is missing behind >')
        to = next.word
      } else break
    }
    const after = all[i]
    const operator = after === undefined || 'word' in after ? ';' : after.operator
    if (words.length === 0) throw new ParseError(`a command is missing before ${operator}`)
    const last = all[i - 1] as Token
    const text = line.slice(first.at, last.end)
    commands.push({ words, ...(to !== undefined && { to }), background: operator === '&', when, text })
    when = operator === '&&' ? 'well' : operator === '||' ? 'failed' : 'always'
    i++
    if (i >= all.length && (operator === '&&' || operator === '||'))
      throw new ParseError(`a command is missing behind ${operator}`)
  }
  return commands
}
