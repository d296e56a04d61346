/**
 * Arguments of the classes: what is wrong in itself is refused before anything is touched, in one wording.
 * A value of another type is a TypeError, one outside its range a RangeError.
 */
import type { InMemory } from './mine.ts'
import { where } from './misuse.ts'

/** A value as an error text shows it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object') return value === null ? 'null' : (value.constructor?.name ?? 'an object')
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : typeof value
}

function text(caller: string, what: string, accepted: string, value: unknown): string {
  return `${caller}: ${what} must be ${accepted}, not ${shown(value)}`
}

/** The error of a value of a wrong type. `caller` is `Class.method`. */
export function wrongType(caller: string, what: string, accepted: string, value: unknown): TypeError {
  return new TypeError(text(caller, what, accepted, value))
}

/** Refuses a value that is no number, or is not in its range. */
function checkNumber(caller: string, what: string, value: unknown, is: boolean, accepted: string): void {
  if (typeof value !== 'number') throw wrongType(caller, what, accepted, value)
  if (!is) throw new RangeError(text(caller, what, accepted, value))
}

/** Checks a whole number. */
export function checkInteger(
  caller: string,
  what: string,
  value: unknown,
  least: number,
  most: number,
): void {
  const is = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  checkNumber(caller, what, value, is, `an integer from ${least} to ${most}`)
}

/** Checks a time in milliseconds; Infinity is one. */
export function checkMs(o: InMemory, method: string, value: unknown): void {
  const accepted = 'a number of milliseconds, 0 or more'
  checkNumber(where(o, method), 'timeoutMs', value, (value as number) >= 0, accepted)
}

/** Checks a function. */
export function checkFunction(o: InMemory, method: string, what: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongType(where(o, method), what, 'a function', value)
}

/** A type that is empty unless `T` is a promise; then the call lacks an argument, whose type is the hint. */
export type NoPromise<T> = [T] extends [never]
  ? []
  : T extends PromiseLike<unknown>
    ? [hint: 'an asynchronous function wants the …Async form']
    : []

const ASYNC_FUNCTION: unknown = /* @__PURE__ */ Object.getPrototypeOf(async () => {})

/** Refuses an async function before it runs: the method with `Async` behind its name takes one. */
export function checkSync(o: InMemory, method: string, fn: unknown): void {
  checkFunction(o, method, 'fn', fn)
  if (Object.getPrototypeOf(fn) === ASYNC_FUNCTION) throw promised(o, method)
}

/** Refuses what a function returned if it is a promise. */
export function checkResult(o: InMemory, method: string, result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') throw promised(o, method)
}

function promised(o: InMemory, method: string): TypeError {
  return new TypeError(
    `${where(o, method)}: the function is asynchronous, and would lose the lock at its first await: use ${method}Async`,
  )
}
