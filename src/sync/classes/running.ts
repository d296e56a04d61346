/** Running a function inside of something: what `run` and `runAsync` of every class do. */
import { CAN_BLOCK } from '../../mem/host.ts'
import { checkFunction, checkResult, checkSync } from './arguments.ts'
import type { Guard } from './guard.ts'
import type { InMemory } from './mine.ts'
import { refusal } from './misuse.ts'

type Method = () => void

/** Runs `fn` between two methods of the object and returns what it returns. */
export function running<O extends InMemory, T>(
  o: O,
  method: string,
  enter: keyof O,
  leave: keyof O,
  fn: () => T,
): T {
  if (!CAN_BLOCK) throw refusal(o, method)
  checkSync(o, method, fn)
  ;(o[enter] as Method).call(o)
  try {
    const result = fn()
    if (typeof result === 'object') checkResult(o, method, result)
    return result
  } finally {
    ;(o[leave] as Method).call(o)
  }
}

/** Runs `fn` once `enter` has given a guard, and gives that back when what `fn` returns is settled. */
export async function runningAsync<T>(
  o: InMemory,
  method: string,
  fn: () => T | PromiseLike<T>,
  enter: () => PromiseLike<Guard> | Guard,
): Promise<T> {
  checkFunction(o, method, 'fn', fn)
  const guard = await enter()
  try {
    return await fn()
  } finally {
    guard.release()
  }
}
