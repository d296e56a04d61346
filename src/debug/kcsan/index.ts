export { kcsan_init, type KcsanOptions } from './globals.ts'
export { Kcsan, type KcsanThreadOptions } from './kcsan.ts'
