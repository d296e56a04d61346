export { lock_waits_init, takeLockWaits, type Wait } from './globals.ts'
export * from './lock_waits.ts'
