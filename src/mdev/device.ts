/**
 * The mdev as a device: how it is initialised, how it is told from other devices, and its release.
 *
 * Invariant   the release callback runs once, in whatever task drops the last reference. In the placeholder family it
 *             takes mdev_list_lock: nobody may drop a device's last reference under that lock. Where the namespace finds by
 *             reference, who has a device has its parent: the device lets it go in its release, not before.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { device, device_releases } from '../kernel/device/device_struct.ts'
import { dev_dbg, dev_name, device_initialize } from '../kernel/device/device.ts'
import { kobject_get, kobject_put } from '../kernel/device/kobject.ts'
import { qstr_set_uuid } from '../kernel/qstr.ts'
import { static_name } from '../kernel/static_name.ts'
import { rootAddr } from '../mem/arena.ts'
import { kmem_cache_free } from '../mem/slab.ts'
import { mdev_alias_release } from './alias.ts'
import { uncount_instance } from './instances.ts'
import { mdev_get_parent, mdev_put_parent } from './parent.ts'
import type { Sequence } from './sequences/sequence.ts'
import { strategyOf } from './strategies.ts'
import { mdev_device, mdev_globals, mdev_parent, mdev_type } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset
const M = mdev_device.offset
const D = device.offset
const dev_of = mdev_device.at.dev
const DESTROYING = static_name('MDEV: destroying')

const mdev_release = device_releases.define('mdev_device_release', (dev) => {
  const mdev = mdev_device.of.dev(dev)
  const g = read(ROOT)
  const { namespace, sequence } = strategyOf(read(g + G.strategy))
  dev_dbg(dev, DESTROYING)
  const parent = as<'mdev_parent'>(read(mdev + M.parent))
  mdev_alias_release(mdev)
  namespace.release(mdev)
  uncount_instance(mdev)
  if (sequence.pinsType) kobject_put(mdev_type.at.kobj(as(read(mdev + M.type))))
  kmem_cache_free(as(read(g + G.device_cache)), mdev_device, mdev)
  if (namespace.findsByReference === true) mdev_put_parent(parent)
})

/** Makes the claimed memory a device: named by its uuid, on the mdev bus, below its parent. From here on put_device. */
export function mdev_init_device(
  mdev: Addr<'mdev_device'>,
  parent: Addr<'mdev_parent'>,
  type: Addr<'mdev_type'>,
  sequence: Sequence,
): void {
  const dev = dev_of(mdev)
  const uuid = mdev + M.uuid
  device_initialize(dev)
  write(dev + D.parent, read(parent + mdev_parent.offset.dev))
  write(dev + D.bus, read(read(ROOT) + G.bus))
  write(dev + D.release, mdev_release)
  write(dev + D.groups, read(read(ROOT) + G.device_groups))
  qstr_set_uuid(dev_name(dev), read(uuid), read(uuid + 1), read(uuid + 2), read(uuid + 3))
  write(mdev + M.type, type)
  if (sequence.pinsType) kobject_get(mdev_type.at.kobj(type))
  if (strategyOf(read(read(ROOT) + G.strategy)).namespace.findsByReference === true) mdev_get_parent(parent)
}
