export * from './program.ts'
export * from './run.ts'
export { outcomeText, consistentOutcomes, weakOutcomes, possibleOutcomes } from './outcomes.ts'
