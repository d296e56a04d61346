/**
 * A seam of a strategy that a file brings, whose functions are held to their kind: done when they return, and with a whole number
 * where one is asked for.
 */
import { doneAtReturn, TheirsBroke } from './brought.ts'
import { whatItIs } from './shape.ts'

/** Functions that answer with a number: an errno, a cookie, an address. */
const ANSWERS = /^(gate\.(init|try_enter)|namespace\.(claim|find)|sequence\.create\[\d+\]\.run)$/

type Called = (first?: unknown, second?: unknown) => unknown

/** @param field of the strategy @param keys of the seam */
export function heldToKind<T extends object>(field: string, given: T, keys: readonly string[]): T {
  const made = Object.create(given) as Record<string, unknown>
  for (const key of keys) {
    const value = (given as Readonly<Record<string, unknown>>)[key]
    const what = `${field}.${key}`
    if (typeof value === 'function') made[key] = heldCall(what, value.bind(given) as Called)
    if (Array.isArray(value)) {
      made[key] = value.map((step: object, i) => heldToKind(`${what}[${i}]`, step, ['run', 'undo']))
    }
  }
  return made as T
}

function heldCall(what: string, call: Called): Called {
  const done: Called = (first, second) => doneAtReturn(what, call(first, second))
  return ANSWERS.test(what) ? (first, second) => whole(what, done(first, second)) : done
}

function whole(what: string, answer: unknown): unknown {
  if (Number.isInteger(answer)) return answer
  throw new TheirsBroke(`${what} must answer a whole number, and it is ${whatItIs(answer)}`)
}
