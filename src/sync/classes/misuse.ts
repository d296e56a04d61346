/**
 * Errors of calls that must not be made, in one wording. Functions, so that a program has those alone that it can come to.
 */
import { bind, READ_ONCE, smp_processor_id, unbind } from '#access'
import {
  BlockingError,
  DeadlockError,
  OwnershipError,
  UninitializedError,
  type SyncError,
} from '../../base/sync_error.ts'
import { CAN_BLOCK } from '../../mem/host.ts'
import { owner_cpu } from '../owner_word.ts'
import type { InMemory } from './mine.ts'

/** `Class.method`. */
export function where({ mine }: InMemory, method: string): string {
  return `${mine.name}.${method}`
}

function which({ mine, address }: InMemory): string {
  return `the ${mine.name} at word ${address}`
}

/** Of a call that may block, in a thread that must not: `wait` and `waitFor` have `waitAsync`. */
export function refusal(o: InMemory, method: string): BlockingError {
  const instead = method.replace(/(For)?$/, 'Async')
  return new BlockingError(`${where(o, method)}: this thread must not block: use ${instead}`)
}

/**
 * Of a thread that gives back what it does not hold.
 * @param owner address of the owner word, if there is one
 * @param of the object, if it is another
 */
export function notMine(o: InMemory, method: string, owner?: number, of: InMemory = o): OwnershipError {
  bind(o.view)
  const me = smp_processor_id()
  const holder = owner === undefined ? -1 : owner_cpu(READ_ONCE(owner))
  unbind()
  const other = holder < 0 || holder === me ? '' : `, but by thread ${holder}`
  return new OwnershipError(`${where(o, method)}: ${which(of)} is not held by this thread (${me})${other}`)
}

/** Of a thread that would only wait for itself. */
export function recursion(o: InMemory, method: string): DeadlockError {
  return new DeadlockError(`${where(o, method)}: this thread holds ${which(o)} and would wait for itself`)
}

/** Of a call that would block: this thread must not, or would wait for itself. */
export function hindrance(o: InMemory, method: string): SyncError {
  return CAN_BLOCK ? recursion(o, method) : refusal(o, method)
}

/** Of an object whose words are zero, in a class that has `init`. */
export function uninitialized(o: InMemory, method: string): UninitializedError {
  return new UninitializedError(`${where(o, method)}: ${which(o)} was never made: call ${o.mine.name}.init`)
}
