/**
 * All models by name.
 */
import type { Model } from '../define/model.ts'
import { cards } from './cards.ts'
import { chardevs } from './chardevs.ts'
import { coreModels } from './core/index.ts'
import { dmaOwners } from './dma_owner.ts'
import { fenceMembers } from './fence_members.ts'
import { fenceShared } from './fence_shared.ts'
import { fences } from './fences.ts'
import { hwRandoms } from './hw_random.ts'
import { interrupts } from './interrupts.ts'
import { kernfsTrees } from './kernfs.ts'
import { manageds } from './managed.ts'
import { mdevModels } from './mdev/index.ts'
import { plugged } from './plugged.ts'
import { revocables } from './revocable.ts'
import { switchtecs } from './switchtec.ts'
import { vfioNotifiers } from './vfio_notifier.ts'
import { vfioUsers } from './vfio_user.ts'
import { works } from './work.ts'
import { primitives } from './primitives.ts'

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
export const models: readonly Model[] = [...primitives, ...subsystems]
