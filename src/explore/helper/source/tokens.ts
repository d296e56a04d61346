/**
 * The text of a function as tokens. It reads what engines accept, so it need not judge; where it cannot tell a division from a regular
 * expression it gives up.
 */

/** What a token is. Parts of a template are literals; its `${` and `}` are punctuators. */
export type TokenType = 'name' | 'literal' | 'punctuator'

/** One token. */
export interface Token {
  readonly type: TokenType
  readonly text: string
  readonly start: number
  readonly end: number
  /** A line ends before it. */
  readonly newline: boolean
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy
const NUMBER = /(?:0[xXoObB][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)/y
const STRING = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'/y
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y
const PUNCTUATOR =
  /\.\.\.|=>|>>>=|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|===|!==|\*\*|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|%=|&=|\|=|\^=|\/=|<<|>>|[{}()[\];,<>+\-*%&|^!~?:=./]/y

/** Names after which an operand comes. */
export const PREFIXES: ReadonlySet<string> = new Set(
  'await case const delete do else in instanceof let new of return throw typeof var void yield'.split(' '),
)

/** True if an operand, or a whole statement, may end with this token. */
export function endsOperand({ type, text }: Token): boolean {
  if (type === 'punctuator') return /^(?:[)\]}]|\+\+|--)$/.test(text)
  return type === 'literal' ? !text.endsWith('${') : !PREFIXES.has(text)
}

class Reader {
  readonly #text: string
  readonly tokens: Token[] = []
  /** Brackets that are open; `${` for the substitution of a template. */
  readonly #open: string[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0]
  }

  #take(type: TokenType, text: string | undefined, newline: boolean): boolean {
    if (text === undefined || text === '') return false
    this.tokens.push({ type, text, start: this.#at, end: this.#at + text.length, newline })
    this.#at += text.length
    return true
  }

  /** Reads all of it; false if it cannot. */
  read(): boolean {
    for (;;) {
      const space = this.#match(SPACE) ?? ''
      this.#at += space.length
      if (this.#at >= this.#text.length) return this.#open.length === 0
      if (!this.#one(/[\n\u2028\u2029]/.test(space))) return false
    }
  }

  #template(lead: number, newline: boolean): boolean {
    this.#at += lead
    const rest = this.#match(TEMPLATE)
    this.#at -= lead
    if (rest === undefined) return false
    if (rest.endsWith('${')) this.#open.push('${')
    return this.#take('literal', this.#text.slice(this.#at, this.#at + lead + rest.length), newline)
  }

  #one(newline: boolean): boolean {
    const next = this.#text[this.#at] as string
    if (next === '`') return this.#template(1, newline)
    if (next === '}' && this.#open.at(-1) === '${') {
      this.#open.pop()
      return this.#template(1, newline)
    }
    if (this.#take('name', this.#match(NAME), newline)) return true
    if (this.#take('literal', this.#match(NUMBER) ?? this.#match(STRING), newline)) return true
    const before = this.tokens.at(-1)
    if (next === '/' && before?.text === '}') return false
    if (next === '/' && (before === undefined || !endsOperand(before)))
      return this.#take('literal', this.#match(REGEXP), newline)
    if ('([{'.includes(next)) this.#open.push(next)
    else if (')]}'.includes(next)) this.#open.pop()
    return this.#take('punctuator', this.#match(PUNCTUATOR), newline)
  }
}

/** The tokens of a text; undefined if they cannot be told. */
export function tokensOf(text: string): readonly Token[] | undefined {
  const reader = new Reader(text)
  return reader.read() ? reader.tokens : undefined
}
