/**
 * The outline of a function's text: where its own statements begin, and which of its variables have values there. It knows as much of
 * the grammar as that takes, and gives up (undefined) where more would be needed: functions inside, classes, destructuring, `switch`,
 * loops with a hidden iterator, `finally`.
 */
import { endsOperand, tokensOf, type Token } from './tokens.ts'

/** A place between two statements of the function's own. */
export interface Place {
  /** Offset in the text. */
  readonly offset: number
  /** Variables that have a value there. */
  readonly names: readonly string[]
}

/** See the head of this file. */
export interface Outline {
  /** The text as an expression. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** Tokens before this one are the function's name and parameters. */
  readonly from: number
  readonly places: readonly Place[]
  /** All variables that it declares, parameters too. */
  readonly names: ReadonlySet<string>
}

/** Words with which the outline is not told. */
const UNTOLD: ReadonlySet<string> = new Set(
  'arguments async await class debugger eval finally function import in of super switch this with yield'.split(
    ' ',
  ),
)
/** Words before which no statement begins. */
const CONTINUES: ReadonlySet<string> = new Set(['else', 'catch', 'while', 'instanceof'])
const HEADS: ReadonlySet<string> = new Set(['if', 'for', 'while', 'catch'])
const DECLARES: ReadonlySet<string> = new Set(['let', 'const', 'var'])
/** What comes before a block, beside the head of a statement and other statements. */
const BEFORE_BLOCK: ReadonlySet<string> = new Set(['else', 'do', 'try', ';', '{'])

/** A bracket that is open. */
interface Open {
  /** It holds statements. */
  readonly block: boolean
  /** The word before a parenthesis that belongs to a statement. */
  readonly head: string
  /** Its variables that have values. */
  readonly names: string[]
  /** Those that will when the statement ends. */
  pending: string[]
  declaring: boolean
}

/** True for a name that stands for a variable, not for a property. */
export function isReference(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text
  return tokens[i]?.type === 'name' && before !== '.' && before !== '?.'
}

class Sketch {
  readonly #tokens: readonly Token[]
  readonly #open: Open[] = []
  readonly places: Place[] = []
  readonly names: Set<string>
  /** What the head of a statement has declared, for the block behind it. */
  #inherited: string[]
  #closedHead = true
  #closedBlock = false

  constructor(tokens: readonly Token[], parameters: readonly string[]) {
    this.#tokens = tokens
    this.names = new Set(parameters)
    this.#inherited = [...parameters]
  }

  /** Reads from a token to the end; false where it gives up. */
  draw(from: number): boolean {
    for (let i = from; i < this.#tokens.length; i++) if (!this.#token(i, i === from)) return false
    return this.#open.length === 0
  }

  #token(i: number, first: boolean): boolean {
    const { text, start } = this.#tokens[i] as Token
    if (this.#begins(i)) this.#place(start)
    if (isReference(this.#tokens, i)) {
      if (UNTOLD.has(text)) return false
      return !DECLARES.has(text) || this.#declaration(i)
    }
    if (text === '=>') return false
    if (text === '(' || text === '[' || text === '{') return this.#opens(i, first)
    if (text === ')' || text === ']' || text === '}') this.#closes(text)
    const top = this.#open.at(-1)
    if (text === ',' && top?.declaring === true) return this.#declare(i + 1, top)
    if (text === ';' && top !== undefined) top.declaring = false
    return true
  }

  #opens(i: number, first: boolean): boolean {
    const { text } = this.#tokens[i] as Token
    const before = this.#tokens[i - 1]
    const behindHead = before?.text === ')' && this.#closedHead
    const inBlock = first || this.#open.at(-1)?.block === true
    const block =
      text === '{' &&
      inBlock &&
      (first ||
        behindHead ||
        BEFORE_BLOCK.has(before?.text ?? '') ||
        (before?.text === '}' && this.#closedBlock))
    // A method of an object.
    if (text === '{' && !first && before?.text === ')' && !block) return false
    const isHead = text === '(' && isReference(this.#tokens, i - 1) && HEADS.has(before?.text ?? '')
    const head = isHead ? (before?.text ?? '') : ''
    this.#open.push({ block, head, names: block ? this.#inherited : [], pending: [], declaring: false })
    this.#inherited = []
    return (
      head !== 'catch' ||
      (this.#tokens[i + 2]?.text === ')' && this.#declare(i + 1, this.#open.at(-1) as Open))
    )
  }

  #closes(text: string): void {
    const closed = this.#open.pop()
    this.#closedHead = text === ')' && closed?.head !== ''
    this.#closedBlock = closed?.block === true
    this.#inherited = this.#closedHead ? (closed?.pending ?? []) : []
  }

  /** True if a statement begins before token i. */
  #begins(i: number): boolean {
    const token = this.#tokens[i] as Token
    const before = this.#tokens[i - 1]
    if (before === undefined || this.#open.at(-1)?.block !== true) return false
    if (token.text === '}' || (token.type === 'name' && CONTINUES.has(token.text))) return false
    if (before.text === ';' || before.text === '{' || (before.text === '}' && this.#closedBlock)) return true
    if (before.text === ')' && this.#closedHead) return false
    return token.newline && token.type === 'name' && endsOperand(before)
  }

  #place(offset: number): void {
    const top = this.#open.at(-1) as Open
    top.names.push(...top.pending)
    top.pending = []
    top.declaring = false
    this.places.push({ offset, names: this.#open.flatMap(({ names }) => names) })
  }

  #declaration(i: number): boolean {
    const top = this.#open.at(-1)
    if (top === undefined || !(top.block || top.head === 'for')) return false
    // A `var` lives in the whole function, and would outlive the block.
    if (this.#tokens[i]?.text === 'var' && !(top.block && this.#open.length === 1)) return false
    top.declaring = true
    return this.#declare(i + 1, top)
  }

  /** Two variables of one name are not told apart. */
  #declare(i: number, into: Open): boolean {
    const name = this.#tokens[i]
    if (name?.type !== 'name' || this.names.has(name.text)) return false
    this.names.add(name.text)
    into.pending.push(name.text)
    return true
  }
}

/** Parameters, and the token with which the body begins. */
function headOf(
  tokens: readonly Token[],
): { readonly parameters: string[]; readonly from: number } | undefined {
  const [first, second] = tokens
  if (first?.type === 'name' && second?.text === '=>') return { parameters: [first.text], from: 2 }
  const parameters: string[] = []
  let i = tokens.findIndex(({ text }) => text === '(') + 1
  for (; tokens[i]?.type === 'name'; i += 2) {
    parameters.push((tokens[i] as Token).text)
    if (tokens[i + 1]?.text !== ',') {
      i++
      break
    }
  }
  if (tokens[i]?.text !== ')') return undefined
  i++
  return { parameters, from: tokens[i]?.text === '=>' ? i + 1 : i }
}

/** The outline of a function; undefined if it cannot be told. */
export function outlineOf(code: object): Outline | undefined {
  const source = Function.prototype.toString.call(code)
  const shape = /^(?:(?<arrow>\(|[\w$]+\s*=>)|(?<named>function[\s(])|(?<method>[\w$]+\s*\())/.exec(
    source,
  )?.groups
  if (shape === undefined) return undefined
  const text = shape['method'] !== undefined && shape['named'] === undefined ? `function ${source}` : source
  const tokens = tokensOf(text)
  const head = tokens && headOf(tokens)
  if (tokens === undefined || head === undefined || tokens.at(-1)?.text.endsWith('[native code]'))
    return undefined
  const { parameters, from } = head
  const isBlock = tokens[from]?.text === '{'
  if (text.startsWith('function') && !isBlock) return undefined
  const sketch = new Sketch(tokens, parameters)
  if (!sketch.draw(from)) return undefined
  return { text, tokens, from, places: sketch.places, names: sketch.names }
}
