export { SECTIONS } from './cases.ts'
export { TRACED, type Kind, type KindName, type LockKinds } from './kinds.ts'
export * from './run.ts'
