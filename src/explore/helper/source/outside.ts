/**
 * Whether a function works on nothing but what it is given and what it makes: whether it neither changes nor keeps anything outside.
 * Where that cannot be told, it is taken to.
 */
import type { Captured, Captures } from './captured.ts'
import { outlineOf } from './outline.ts'
import { isReference } from './sketch.ts'
import { endsOperand, type Token } from './tokens.ts'

/** Globals that keep nothing that anybody could look at. Of the objects only methods are called. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError Float16Array Float32Array Float64Array ' +
    'Int16Array Int32Array Int8Array Number RangeError ReferenceError String SyntaxError TypeError URIError Uint16Array Uint32Array ' +
    'Uint8Array Uint8ClampedArray isFinite isNaN parseFloat parseInt'
  ).split(' '),
)
const OBJECTS: ReadonlySet<string> = new Set(['Atomics', 'Math', 'Number', 'Date', 'performance', 'BigInt'])
const VALUES: ReadonlySet<string> = new Set(['undefined', 'NaN', 'Infinity'])
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'break case catch const continue default delete do else false for if instanceof let new null return throw true try typeof var void ' +
    'while'
  ).split(' '),
)
const ASSIGNS = /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$|^(?:\+\+|--)$/

const harmless = new WeakSet<object>()

/** Functions of the explorer's that bodies may call. */
export function declareHarmless(...functions: readonly object[]): void {
  for (const one of functions) harmless.add(one)
}

/** Judges functions. */
export class Outsides {
  readonly #captures: Captures
  readonly #verdicts = new Map<object, boolean>()

  constructor(captures: Captures) {
    this.#captures = captures
  }

  /** True if the function, and all that it calls, have no effect outside. */
  none(code: object): boolean {
    const known = this.#verdicts.get(code)
    if (known !== undefined) return known
    // Whoever calls itself adds nothing.
    this.#verdicts.set(code, true)
    const verdict = harmless.has(code) || this.#judge(code)
    this.#verdicts.set(code, verdict)
    return verdict
  }

  /** True if what the function does follows from what it is given alone: it names nothing that somebody else could change. */
  closed(code: object): boolean {
    const outline = outlineOf(code)
    const captured = this.#captures.of(code)
    if (outline === undefined || captured === undefined) return false
    const { tokens, from } = outline
    for (let i = from; i < tokens.length; i++)
      if (isReference(tokens, i) && captured.has((tokens[i] as Token).text)) return false
    return this.none(code)
  }

  #judge(code: object): boolean {
    const outline = outlineOf(code)
    const captured = this.#captures.of(code)
    if (outline === undefined || captured === undefined) return false
    const { tokens, from, names } = outline
    // What stands for two variables is not told apart.
    for (const name of names) if (captured.has(name)) return false
    const open: number[] = []
    for (let i = from; i < tokens.length; i++) {
      const { text, type } = tokens[i] as Token
      if (type === 'punctuator' && '([{'.includes(text)) open.push(i)
      else if (type === 'punctuator' && ')]}'.includes(text)) {
        if (isPattern(tokens, open.pop() ?? 0, i)) return false
      }
      if (!isReference(tokens, i) || KEYWORDS.has(text) || names.has(text) || isKey(tokens, i)) continue
      if (!this.#mayRefer(tokens, i, captured)) return false
    }
    return true
  }

  #mayRefer(tokens: readonly Token[], i: number, captured: Captured): boolean {
    const { text } = tokens[i] as Token
    if (isAssigned(tokens, i)) return false
    if (captured.has(text)) return this.#mayUse(tokens, i, captured.get(text))
    if (VALUES.has(text)) return true
    if (OBJECTS.has(text) && isNamed(tokens, i)) return !isAssigned(tokens, i + 2) && !isMember(tokens, i + 2)
    return FUNCTIONS.has(text) && !isMember(tokens, i)
  }

  /** True if the use of a captured value that ends with token i is harmless. */
  #mayUse(tokens: readonly Token[], i: number, value: unknown): boolean {
    if (typeof value === 'function') return !isMember(tokens, i) && this.none(value)
    if (typeof value !== 'object' || value === null) return true
    if (tokens[i + 1]?.text === '[') return mayIndex(tokens, i + 1, value)
    if (!isNamed(tokens, i) || isAssigned(tokens, i + 2)) return false
    const held = fieldOf(value, (tokens[i + 2] as Token).text)
    return held !== undefined && this.#mayUse(tokens, i + 2, held.value)
  }
}

/** True if something is assigned to the bracket from `from` to `to`: to what it names, not to an element. */
function isPattern(tokens: readonly Token[], from: number, to: number): boolean {
  const before = tokens[from - 1]
  const isElement = tokens[from]?.text === '[' && before !== undefined && endsOperand(before)
  return tokens[to + 1]?.text === '=' && !isElement
}

/** The name of a property in an object literal. */
function isKey(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text
  return tokens[i + 1]?.text === ':' && (before === '{' || before === ',')
}

/** True if element `at` of a captured list is only read, and is nothing that could be changed in turn. */
function mayIndex(tokens: readonly Token[], at: number, list: object): boolean {
  let depth = 0
  let to = at
  for (; to < tokens.length; to++) {
    const { text, type } = tokens[to] as Token
    if (type !== 'punctuator') continue
    if ('([{'.includes(text)) depth++
    else if (')]}'.includes(text) && --depth === 0) break
  }
  const isPrimitive = (value: unknown): boolean =>
    !/^(?:object|function)$/.test(typeof value) || value === null
  return !isAssigned(tokens, to) && !isMember(tokens, to) && Array.isArray(list) && list.every(isPrimitive)
}

/** What an object holds under a name; undefined if it would be computed. */
function fieldOf(object: object, name: string): { readonly value?: unknown } | undefined {
  for (let at: object | null = object; at !== null; at = Reflect.getPrototypeOf(at)) {
    const found = Reflect.getOwnPropertyDescriptor(at, name)
    if (found !== undefined) return 'value' in found ? found : undefined
  }
  return {}
}

/** A property is named behind token i. */
function isNamed(tokens: readonly Token[], i: number): boolean {
  const next = tokens[i + 1]?.text
  return (next === '.' || next === '?.') && tokens[i + 2]?.type === 'name'
}

function isMember(tokens: readonly Token[], i: number): boolean {
  const next = tokens[i + 1]?.text
  return next === '.' || next === '?.' || next === '['
}

function isAssigned(tokens: readonly Token[], i: number): boolean {
  if (ASSIGNS.test(tokens[i + 1]?.text ?? '')) return true
  const [two, one] = [tokens[i - 2], tokens[i - 1]]
  if (one?.text !== '++' && one?.text !== '--') return one?.text === 'delete'
  // It may belong to what is before it.
  return one.newline || two === undefined || !endsOperand(two)
}
