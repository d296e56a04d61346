export { runVfioStorm } from './run.ts'
