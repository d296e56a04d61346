/**
 * All models by name.
 */
import { broughtNamed } from '../define/brought.ts'
import type { Model } from '../define/model.ts'
import { cards } from './cards.ts'
import { chardevs } from './chardevs.ts'
import { controls } from './controls.ts'
import { coreModels } from './core/index.ts'
import { dmaOwners } from './dma_owner.ts'
import { fenceMembers } from './fence_members.ts'
import { fenceShared } from './fence_shared.ts'
import { fences } from './fences.ts'
import { hwRandoms } from './hw_random.ts'
import { interrupts } from './interrupts.ts'
import { kernfsTrees } from './kernfs.ts'
import { libraries } from './library.ts'
import { lifetimes } from './lifetimes.ts'
import { exclusiveLocks } from './locks.ts'
import { manageds } from './managed.ts'
import { mdevModels } from './mdev/index.ts'
import { meetings } from './meeting.ts'
import { notifierModels } from './notifiers.ts'
import { raceModelNamed } from './races.ts'
import { readWrite } from './read_write.ts'
import { oracles } from './oracles.ts'
import { wayPairs } from './pairs.ts'
import { plugged } from './plugged.ts'
import { revocables } from './revocable.ts'
import { robustLocks } from './robust.ts'
import { rwsems } from './rwsem.ts'
import { srcus } from './srcu.ts'
import { switchtecs } from './switchtec.ts'
import { unlockThenFree } from './unlock_then_free.ts'
import { vfioNotifiers } from './vfio_notifier.ts'
import { vfioUsers } from './vfio_user.ts'
import { waiting } from './waiting.ts'
import { wakeCounts } from './wake_counts.ts'
import { handovers } from './handover.ts'
import { works } from './work.ts'
import { wwMutexes } from './ww_mutexes.ts'

/** Models of what character devices stand on, and of their fences. */
export const chardevModels: readonly Model[] = [
  ...works,
  ...interrupts,
  ...chardevs,
  ...manageds,
  ...cards,
  ...fenceMembers,
  ...fenceShared,
  ...revocables,
  ...hwRandoms,
  ...dmaOwners,
  ...plugged,
]

/** Models of whole subsystems, which take a machine to set up. */
export const subsystems: readonly Model[] = [
  ...coreModels,
  ...kernfsTrees,
  ...vfioNotifiers,
  ...vfioUsers,
  ...chardevModels,
  ...fences,
  ...switchtecs,
  ...mdevModels,
]

/** Every model, controls first. */
export const models: readonly Model[] = [
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
  ...subsystems,
]

/**
 * The model of this name: one of those above, one that a user's file brings, or a race under a strategy. Throws with the names
 * there are.
 */
export function modelNamed(name: string): Model {
  const found =
    models.find((model) => model.name === name) ?? broughtNamed('model', name) ?? raceModelNamed(name)
  if (found === undefined) {
    throw new RangeError(`no model '${name}'; there are ${models.map((model) => model.name).join(', ')}`)
  }
  return found
}
