export { lock_hold_begin, lock_hold_init, lockHolds, type LockHoldPlan } from './globals.ts'
export * from './lock_hold.ts'
