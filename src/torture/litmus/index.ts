export * from './program.ts'
export * from './run.ts'
export { outcomeText, consistentOutcomes, weakOutcomes } from './outcomes.ts'
