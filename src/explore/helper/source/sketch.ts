/**
 * Reads the statements of a function: where they begin, and which variables have values there. Two runs of the body that are at one
 * place and have the same values there are taken to go on alike, so a variable that was left out would make different things one.
 * It knows as much of the grammar as that takes, and gives up where more would be needed: functions inside, classes, destructuring,
 * `switch`, loops with a hidden iterator, `finally`.
 */
import { endsOperand, type Token } from './tokens.ts'

/** A place between two statements of the function's own. */
export interface Place {
  /** Offset in the text. */
  readonly offset: number
  /** Variables that have a value there. */
  readonly names: readonly string[]
}

/** Words with which the outline is not told. */
const UNTOLD: ReadonlySet<string> = new Set(
  'arguments async await class debugger eval finally function import in of super switch this with yield'.split(
    ' ',
  ),
)
const DECLARES: ReadonlySet<string> = new Set(['let', 'const', 'var'])
/** What begins a statement behind the end of a line although no operator could stand there. */
const BEGINS: ReadonlySet<string> = new Set(['{', '++', '--', '!', '~'])

/** True for a name that stands for a variable, not for a property. */
export function isReference(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text
  return tokens[i]?.type === 'name' && before !== '.' && before !== '?.'
}

/** Reads statement by statement. Each method starts at its first token, ends behind its last, and is false where it gives up. */
export class Sketch {
  readonly #tokens: readonly Token[]
  #at = 0
  readonly places: Place[] = []
  /** All variables, each once: two of one name are not told apart. */
  readonly names: Set<string>
  readonly #parameters: readonly string[]

  constructor(tokens: readonly Token[], parameters: readonly string[]) {
    this.#tokens = tokens
    this.#parameters = parameters
    this.names = new Set(parameters)
  }

  #is(text: string): boolean {
    return this.#tokens[this.#at]?.text === text
  }

  /** Reads from a token to the end. */
  draw(from: number): boolean {
    this.#at = from
    const done = this.#is('{') ? this.#block(this.#parameters, true) : this.#expression()
    return done && this.#at === this.#tokens.length
  }

  #takes(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  /** `names`: variables of the scopes around it that have values. */
  #block(names: readonly string[], outermost = false): boolean {
    if (!this.#takes('{')) return false
    const own = [...names]
    while (!this.#takes('}')) {
      const token = this.#tokens[this.#at]
      if (token === undefined) return false
      this.places.push({ offset: token.start, names: [...own] })
      // A `var` lives in the whole function, and would outlive another block.
      const declares = DECLARES.has(token.text) && (outermost || token.text !== 'var')
      if (!(declares ? this.#declaration(own) && this.#end() : this.#statement(own))) return false
    }
    return true
  }

  #statement(names: readonly string[]): boolean {
    switch (this.#tokens[this.#at]?.text ?? '') {
      case '{':
        return this.#block(names)
      case 'if':
        return this.#head() && this.#statement(names) && (!this.#takes('else') || this.#statement(names))
      case 'while':
        return this.#head() && this.#statement(names)
      case 'do':
        return this.#do(names)
      case 'for':
        return this.#for(names)
      case 'try':
        return this.#try(names)
      default:
        return this.#simple(names)
    }
  }

  /** A word and a parenthesis behind it. */
  #head(): boolean {
    this.#at++
    return this.#takes('(') && this.#expression() && this.#takes(')')
  }

  #do(names: readonly string[]): boolean {
    this.#at++
    if (!(this.#statement(names) && this.#is('while') && this.#head())) return false
    this.#takes(';')
    return true
  }

  #for(names: readonly string[]): boolean {
    this.#at++
    const own = [...names]
    if (!this.#takes('(')) return false
    const declares = this.#is('let') || this.#is('const')
    const told = (declares ? this.#declaration(own) : this.#expression()) && this.#takes(';')
    return (
      told &&
      this.#expression() &&
      this.#takes(';') &&
      this.#expression() &&
      this.#takes(')') &&
      this.#statement(own)
    )
  }

  #try(names: readonly string[]): boolean {
    this.#at++
    if (!(this.#block(names) && this.#takes('catch'))) return false
    if (!this.#takes('(')) return this.#block(names)
    const own = [...names]
    return this.#declare(own) && this.#takes(')') && this.#block(own)
  }

  /** A statement of one expression, with a word or a label before it or not. */
  #simple(names: readonly string[]): boolean {
    if (this.#tokens[this.#at]?.type === 'name' && this.#tokens[this.#at + 1]?.text === ':') {
      this.#at += 2
      return this.#statement(names)
    }
    return this.#expression() && this.#end()
  }

  #end(): boolean {
    if (this.#takes(';')) return true
    return this.#is('}') || this.#beginsLine()
  }

  /** A statement ends before this token, since a line does. */
  #beginsLine(): boolean {
    const [before, token] = [this.#tokens[this.#at - 1], this.#tokens[this.#at]]
    if (before === undefined || token?.newline !== true) return false
    if (/^(?:return|break|continue)$/.test(before.text)) return true
    if (!endsOperand(before)) return false
    if (token.type === 'punctuator') return BEGINS.has(token.text)
    // A template, or the rest of one, goes on.
    return token.text !== 'instanceof' && token.text !== 'in' && !/^[`}]/.test(token.text)
  }

  /** Up to where an expression ends, or one of a list; there may be none. */
  #expression(inList = false): boolean {
    const open: string[] = []
    for (const first = this.#at; this.#at < this.#tokens.length; this.#at++) {
      const { text, type } = this.#tokens[this.#at] as Token
      if (open.length === 0) {
        if (type === 'punctuator' && (text === ';' || ')]}'.includes(text) || (inList && text === ',')))
          return true
        if (this.#at > first && this.#beginsLine()) return true
      }
      if (isReference(this.#tokens, this.#at) && (UNTOLD.has(text) || DECLARES.has(text))) return false
      if (text === '=>') return false
      if (type !== 'punctuator') continue
      // A method of an object.
      if (text === '{' && this.#tokens[this.#at - 1]?.text === ')') return false
      if ('([{'.includes(text)) open.push(text)
      else if (')]}'.includes(text)) open.pop()
    }
    return open.length === 0
  }

  /** Adds what it declares to the variables that have values. */
  #declaration(names: string[]): boolean {
    do {
      this.#at++
      if (!this.#declare(names)) return false
      if (this.#takes('=') && !this.#expression(true)) return false
    } while (this.#is(','))
    return true
  }

  #declare(names: string[]): boolean {
    const name = this.#tokens[this.#at]
    if (name?.type !== 'name' || this.names.has(name.text)) return false
    this.#at++
    this.names.add(name.text)
    names.push(name.text)
    return true
  }
}
