/** A worker of a bench crew. */
export { serveCrew as default } from '../bench/crew_worker.ts'
