/**
 * What the scenarios of mdev and devlink share: a card with one subfunction, and the two users who meet on it.
 */
import { WRITE_ONCE } from '#access'
import {
  devlink_globals,
  devlink_root,
  ESWITCH_LEGACY,
  mlx5_mode_set,
  mlx5_sf_driver_load,
} from '../../drivers/index.ts'
import { sysfs_write } from '../../kernel/index.ts'
import type { LockdepOptions } from '../../debug/index.ts'
import type { ScenarioBoot } from '../../define/race.ts'
import type { Gate } from '../../mdev/gates/gate.ts'
import { UUID } from './shell.ts'

const CREATE = '/sys/class/mdev_bus/0000:06:00.0/mdev_supported_types/mlx5_core-local/create'

/** A machine with one card. */
export const MLX5_BOOT: ScenarioBoot = { driver: 'mlx5_sf', parents: 1 }

/** echo uuid > create, on the card. */
export function createSf(uuid: string = UUID): number {
  return sysfs_write(CREATE, uuid)
}

/**
 * A subfunction with its driver bound. Where a driver is not the vendor's own, it comes after the device, as in the mail: its
 * report does not show a create.
 */
export function boundSf(): number {
  const made = createSf()
  return made < 0 ? made : mlx5_sf_driver_load()
}

/** `devlink dev eswitch set pci/0000:06:00.0 mode legacy` */
export function modeLegacy(): number {
  return mlx5_mode_set(0, ESWITCH_LEGACY)
}

/** The devlink that came later: requests hold the lock of their instance only. */
export function locksPerInstance(): void {
  WRITE_ONCE(devlink_root() + devlink_globals.offset.per_instance, 1)
}

/** True if that lockdep knows that the gate waits for who is inside. */
export function lockdepSees({ lockdepSees: seen }: Gate, { era }: LockdepOptions): boolean {
  return seen === 'always' || (seen === 'today' && era !== '2019')
}
