export { lock_stat_clear, lock_stat_init, type LockStatOptions } from './globals.ts'
export * from './lock_stat.ts'
export * from './report.ts'
export * from './merge.ts'
