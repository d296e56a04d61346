/**
 * The outline of a function's text: where its own statements begin, and which of its variables have values there; undefined where it
 * cannot be told: see sketch.ts.
 */
import { Sketch, type Place } from './sketch.ts'
import { tokensOf, type Token } from './tokens.ts'

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

const known = new WeakMap<object, { readonly outline: Outline | undefined }>()

/** The outline of a function; undefined if it cannot be told. */
export function outlineOf(code: object): Outline | undefined {
  let one = known.get(code)
  if (one === undefined) known.set(code, (one = { outline: drawn(code) }))
  return one.outline
}

function drawn(code: object): Outline | undefined {
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
