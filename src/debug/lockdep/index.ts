export { debug_locks, lockdep_init, lockdep_reset, type LockdepOptions } from './globals.ts'
export * from './lockdep.ts'
export { allHeldLines, type LockInfo } from './print.ts'
export { lockdepChainsText, lockdepStats, lockdepText } from './proc.ts'
