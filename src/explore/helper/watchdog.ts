/**
 * Ends a synchronous exploration that code under test keeps from ending: a loop that catches everything, or that never touches the
 * memory. Only the engine itself can stop such code, so this needs `node:vm`; where there is none, and in a search without a limit of time,
 * nothing is stopped.
 */
import type * as Vm from 'node:vm'
import { builtin } from './builtin.ts'
import { RefusedError } from './refused.ts'

/** Time beyond the budget of the search: one execution, the shortening of a failure, a ladder. */
const GRACE_MS = 5000
const SLOT = Symbol.for('lockstorm.explore.guarded')
const standing: (() => void)[] = []

/** Keeps how something is undone that the exploration under way has put in place: what is ended from outside runs no `finally`. */
export function atEnd(undo: () => void): void {
  standing.push(undo)
}

/** Undoes what the exploration has put in place, the latest first. */
export function takeDown(): void {
  for (let last = standing.at(-1); last !== undefined; last = standing.at(-1)) {
    last()
    standing.pop()
  }
}

function vm(): typeof Vm | undefined {
  return builtin('node:vm') as typeof Vm | undefined
}

/** What is said of code that nothing can stop. */
export const ENDLESS =
  'a body never comes to an end: it loops without touching the memory, or its catch blocks swallow what the explorer throws to stop it (rethrow what isControl() knows)'

/** Runs `use`; throws if it takes much longer than `ms`. */
export function guarded<R>(ms: number, use: () => R): R {
  const host = vm()
  if (host === undefined || !Number.isFinite(ms)) return use()
  let result: { value: R } | undefined
  Reflect.set(globalThis, SLOT, () => {
    result = { value: use() }
  })
  try {
    const timeout = Math.ceil(ms * 2 + GRACE_MS)
    new host.Script(`globalThis[Symbol.for('lockstorm.explore.guarded')]()`).runInThisContext({ timeout })
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    takeDown()
    throw new RefusedError('ERR_EXPLORE_SWALLOWED', ENDLESS)
  } finally {
    Reflect.deleteProperty(globalThis, SLOT)
  }
  return (result as unknown as { value: R }).value
}
