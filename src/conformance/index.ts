export * from './case.ts'
export { RECORDED } from './recorded/index.ts'
export * from './run.ts'
