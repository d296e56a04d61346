/**
 * Models of the primitives, and programs that are wrong on purpose: they need no kernel, and load in a third of the time of all.
 */
import type { Model } from '../define/model.ts'
import { controls } from './controls.ts'
import { libraries } from './library.ts'
import { lifetimes } from './lifetimes.ts'
import { exclusiveLocks } from './locks.ts'
import { meetings } from './meeting.ts'
import { notifierModels } from './notifiers.ts'
import { readWrite } from './read_write.ts'
import { oracles } from './oracles.ts'
import { wayPairs } from './pairs.ts'
import { robustLocks } from './robust.ts'
import { rwsems } from './rwsem.ts'
import { srcus } from './srcu.ts'
import { unlockThenFree } from './unlock_then_free.ts'
import { waiting } from './waiting.ts'
import { wakeCounts } from './wake_counts.ts'
import { handovers } from './handover.ts'
import { wwMutexes } from './ww_mutexes.ts'

/** Controls first. */
export const primitives: readonly Model[] = [
  ...controls,
  ...oracles,
  ...exclusiveLocks,
  ...wayPairs,
  ...unlockThenFree,
  ...wwMutexes,
  ...rwsems,
  ...robustLocks,
  ...readWrite,
  ...waiting,
  ...wakeCounts,
  ...handovers,
  ...meetings,
  ...libraries,
  ...lifetimes,
  ...srcus,
  ...notifierModels,
]
