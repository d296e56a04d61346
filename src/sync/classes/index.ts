/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `lockstorm/sync`: locks for any shared memory.
 */
export * from '../../base/sync_error.ts'
export { attachThread } from '../../mem/host.ts'
export type { Signal, WaitOptions } from './asynchronous.ts'
export * from './barrier.ts'
export * from './completion.ts'
export * from './condition.ts'
export type { Guard } from './guard.ts'
export * from './mutex.ts'
export * from './once.ts'
export * from './rw_sem.ts'
export * from './semaphore.ts'
export type { Memory } from './shared.ts'
export * from './spin_lock.ts'
export * from './srcu.ts'
