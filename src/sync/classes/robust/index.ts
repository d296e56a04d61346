/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `lockstorm/sync/robust`: locks whose owner may end inside, and what a program needs beside `lockstorm/sync` to use them.
 */
export { OwnerDiedError, UnrecoverableError } from '../../../base/sync_error.ts'
export type { Repair } from './inherited.ts'
export * from './robust_mutex.ts'
export * from './robust_rw_sem.ts'
export { Threads } from './threads.ts'
