/**
 * Arguments of the classes: what is wrong in itself is refused before anything is touched, in one wording.
 * A value of another type is a TypeError, one outside its range a RangeError.
 */

/** A value as an error text shows it. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || value === null) return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return typeof value
  return value.constructor?.name ?? 'an object'
}

/** The error of a value of a wrong type. `where` is `Class.method`. */
export function wrongType(where: string, what: string, accepted: string, value: unknown): TypeError {
  return new TypeError(`${where}: ${what} must be ${accepted}, not ${shown(value)}`)
}

function wrongRange(where: string, what: string, accepted: string, value: unknown): RangeError {
  return new RangeError(`${where}: ${what} must be ${accepted}, not ${shown(value)}`)
}

/** Checks a whole number. */
export function checkInteger(where: string, what: string, value: unknown, least: number, most: number): void {
  const accepted = `an integer from ${least} to ${most}`
  if (typeof value !== 'number') throw wrongType(where, what, accepted, value)
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrongRange(where, what, accepted, value)
}

/** Checks a time in milliseconds; Infinity is one. */
export function checkMs(where: string, value: unknown): void {
  const accepted = 'a number of milliseconds, 0 or more'
  if (typeof value !== 'number') throw wrongType(where, 'timeoutMs', accepted, value)
  if (!(value >= 0)) throw wrongRange(where, 'timeoutMs', accepted, value)
}

/** Checks a function. */
export function checkFunction(where: string, what: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongType(where, what, 'a function', value)
}

/** A type that is empty unless `T` is a promise; then the call lacks an argument, whose type is the hint. */
export type NoPromise<T> = [T] extends [never]
  ? []
  : T extends PromiseLike<unknown>
    ? [hint: 'an asynchronous function wants the …Async form']
    : []

const ASYNC_FUNCTION: unknown = Object.getPrototypeOf(async () => {})

/** Refuses an async function before it runs; `instead` is the method that takes one. */
export function checkSync(where: string, instead: string, fn: unknown): void {
  checkFunction(where, 'fn', fn)
  if (Object.getPrototypeOf(fn) === ASYNC_FUNCTION) throw promised(where, instead)
}

/** Refuses what a function returned if it is a promise. */
export function checkResult(where: string, instead: string, result: unknown): void {
  if (typeof result !== 'object' || result === null) return
  if (typeof (result as PromiseLike<unknown>).then === 'function') throw promised(where, instead)
}

function promised(where: string, instead: string): TypeError {
  return new TypeError(
    `${where}: the function is asynchronous, and would lose the lock at its first await: use ${instead}`,
  )
}
