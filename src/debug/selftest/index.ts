export { SECTIONS } from './cases.ts'
export { TRACED, type Kind, type KindName, type LockKinds } from './kinds.ts'
export { lockingSelftest, type Cell, type SelftestOptions, type SelftestResult } from './run.ts'
