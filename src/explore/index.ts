/** The explorer, for the command line: models, searches on several cores, verdicts. */
export { Crew } from './crew.ts'
export { SEARCHES, type ExploreOptions, type Replayed } from './explore.ts'
export { fuzzTasks, fuzzTotal, type FuzzReport } from './fuzz.ts'
export { ofModel, type Replays } from './jobs.ts'
export { watchedByLockdep, type Model } from '../define/model.ts'
export {
  lockPrograms,
  type AwaitingLock,
  type LockJob,
  type LockProgram,
  type LockVerdict,
} from './own_lock.ts'
export { exploreOn } from './parallel.ts'
export { measureRates } from './rates.ts'
export { parseReplay } from './schedule.ts'
export { executionsOf, summaryOf, type Verdict } from './verdict.ts'
export type { WitnessReport } from './witness.ts'
