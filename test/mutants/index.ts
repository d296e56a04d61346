/** Every mutant. */
import { debug } from './debug.ts'
import { drivers } from './drivers.ts'
import { explore } from './explore.ts'
import { core } from './kernel_core.ts'
import { files } from './kernel_files.ts'
import { mdev } from './mdev.ts'
import { mem } from './mem.ts'
import type { Mutant } from './mutant.ts'
import { exclusive } from './sync_exclusive.ts'
import { shared } from './sync_shared.ts'
import { waiting } from './sync_waiting.ts'
import { vfio } from './vfio.ts'

export const mutants: readonly Mutant[] = [
  ...exclusive,
  ...shared,
  ...waiting,
  ...mem,
  ...core,
  ...files,
  ...mdev,
  ...vfio,
  ...drivers,
  ...debug,
  ...explore,
]
