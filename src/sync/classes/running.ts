/** Running a function inside of something: what `run` and `runAsync` of every class do. */
import { CAN_BLOCK } from '../../mem/host.ts'
import { checkFunction, checkResult, checkSync } from './arguments.ts'
import type { InMemory } from './mine.ts'
import { refusal } from './misuse.ts'

type Method = (entered?: unknown) => unknown

/**
 * Runs `fn` between two methods of the object and returns what it returns. `leave` is given what `enter` returned.
 * @param mayBlock false if `enter` never does
 */
export function running<O extends InMemory, T>(
  o: O,
  method: string,
  enter: keyof O,
  leave: keyof O,
  fn: () => T,
  mayBlock: boolean = true,
): T {
  if (mayBlock && !CAN_BLOCK) throw refusal(o, method, `${method}Async`)
  checkSync(o, method, fn)
  const entered = (o[enter] as Method).call(o)
  try {
    const result = fn()
    if (typeof result === 'object') checkResult(o, method, result)
    return result
  } finally {
    ;(o[leave] as Method).call(o, entered)
  }
}

/** Runs `fn` after `enter` and leaves when what it returns is settled. */
export async function runningAsync<T>(
  o: InMemory,
  method: string,
  enter: () => PromiseLike<() => void>,
  fn: () => T | PromiseLike<T>,
): Promise<T> {
  checkFunction(o, method, 'fn', fn)
  const leave = await enter()
  try {
    return await fn()
  } finally {
    leave()
  }
}
