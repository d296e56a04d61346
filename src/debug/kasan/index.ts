export { kasan_init, type KasanOptions } from './globals.ts'
export { Kasan } from './kasan.ts'
