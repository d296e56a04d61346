/**
 * Arguments of the classes, beside those of base/arguments.ts: times, and functions that must not be asynchronous.
 */
import { checkNumber, wrongType } from '../../base/arguments.ts'
import type { InMemory } from './mine.ts'
import { where } from './misuse.ts'

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
    `${where(o, method)}: an asynchronous function would lose the lock at its first await: use ${method}Async`,
  )
}
