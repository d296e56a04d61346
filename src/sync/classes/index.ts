/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `lockstorm/sync`: locks for any shared memory. Those whose owner may end inside are in `lockstorm/sync/robust`.
 */
export {
  BlockingError,
  CancelledError,
  ClosedError,
  DeadlockError,
  OwnershipError,
  SyncError,
  ThreadNumberError,
  TimeoutError,
  UninitializedError,
} from '../../base/sync_error.ts'
export { attachThread } from '../../mem/host.ts'
export type { Signal, TurnOptions, UnitOptions, WaitOptions } from './asynchronous.ts'
export type { Element, Shape } from './element.ts'
export type { Guard } from './guard.ts'
export type { Kind, Placed } from './kind.ts'
export * from './mutex.ts'
export * from './reentrant_mutex.ts'
export * from './rw_sem.ts'
export * from './semaphore.ts'
export * from './condition.ts'
export * from './completion.ts'
export * from './latch.ts'
export * from './barrier.ts'
export * from './once.ts'
export * from './channel.ts'
export { layout, words, type Laid, type Layout, type Parts } from './layout.ts'
export { recycle, type Memory } from './shared.ts'
export * from './spin_lock.ts'
export * from './srcu.ts'
