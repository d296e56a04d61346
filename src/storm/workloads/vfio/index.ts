export { runVfioStorm, type VfioStormOptions } from './run.ts'
