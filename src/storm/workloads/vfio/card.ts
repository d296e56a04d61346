/**
 * The parents of a VFIO storm: serial cards, each with a devlink instance whose eswitch decides whether the card is an mdev
 * parent. So three things can take a device away from its user: a removal, the card's unplugging, and a mode change.
 *
 * Order    as for mlx5 (drivers/mlx5_sf/eswitch.ts): the request's devlink locks → what registering a parent takes. The devices
 *          have no devlink instances of their own, so nobody takes the two the other way round.
 * Context  process, may sleep: a mode change waits for the users of the card's devices, with devlink_mutex held.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import {
  devlink_alloc,
  devlink_eswitch_set,
  devlink_free,
  devlink_init,
  devlink_ops,
  devlink_register,
  devlink_unregister,
  ESWITCH_LEGACY,
  ESWITCH_SWITCHDEV,
} from '../../../drivers/devlink/index.ts'
import { mtty, MTTY_PARENTS } from '../../../drivers/mtty/mtty.ts'
import { parent_device, parent_kinds, parent_register } from '../../../drivers/parents.ts'
import { mdev_unregister_device } from '../../../mdev/unregister.ts'

/** Behind the card's own words: the devlink instance, the number of the parent, the mode. */
const DEVLINK = mtty.words
const INDEX = DEVLINK + 1
const MODE = DEVLINK + 2
const WORDS = DEVLINK + 3

function mode_set(data: number, mode: number): number {
  if (read(data + MODE) === mode) return 0
  const dev = parent_device(read(data + INDEX))
  let ret = 0
  if (mode === ESWITCH_SWITCHDEV) ret = parent_register(read(data + INDEX))
  else if (dev !== 0) mdev_unregister_device(dev)
  if (ret === 0) write(data + MODE, mode)
  return ret
}

const CARD_DEVLINK_OPS = devlink_ops.define('vfio storm card', { eswitch_mode_set: mode_set })

function plugged(data: number, dev: Addr<'device'>, index: number): number {
  const dl = devlink_alloc(dev, CARD_DEVLINK_OPS, data, 0)
  if (dl < 0) return dl
  write(data + DEVLINK, dl)
  write(data + INDEX, index)
  write(data + MODE, ESWITCH_SWITCHDEV)
  devlink_register(as(dl))
  return 0
}

function unplugging(data: number): void {
  const dl = as<'devlink'>(read(data + DEVLINK))
  devlink_unregister(dl)
  devlink_free(dl)
}

/** Kind of the parents. */
export const CARD_PARENTS: number = parent_kinds.define('vfio storm card', {
  ...parent_kinds.get(MTTY_PARENTS),
  dataWords: WORDS,
  boot: devlink_init,
  plugged,
  unplugging,
})

/** `devlink dev eswitch set pci/<card> mode switchdev|legacy`. Returns 0 or a negative errno; -ENODEV while it is unplugged. */
export function card_mode_set(index: number, switchdev: boolean): number {
  return devlink_eswitch_set(parent_device(index), switchdev ? ESWITCH_SWITCHDEV : ESWITCH_LEGACY)
}
