/**
 * What a user does: the shell's side of the races. Paths are those of a machine with vgpu parents, unless another is named.
 *
 * Answers are the store's: bytes taken, or a negative errno.
 */
import { read } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { ENOENT } from '../../base/errno.ts'
import { parent_device } from '../../drivers/index.ts'
import { sysfs_list, sysfs_write } from '../../kernel/index.ts'
import { bus_find_device_by_name } from '../../kernel/device/bus.ts'
import { put_device } from '../../kernel/device/device.ts'
import { kernfs_node, kernfs_put } from '../../kernel/kernfs/node.ts'
import { kern_path } from '../../kernel/path.ts'
import { mdev_device_remove, mdev_globals, mdev_unregister_device } from '../../mdev/index.ts'
import { to_mdev_device } from '../../mdev/identity.ts'
import { rootAddr } from '../../mem/arena.ts'
import type { Echo } from './opened.ts'

const MDEV = rootAddr('mdev')

/** Uuids of the scenarios; the first is that of the thread. */
export const UUIDS = [
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001',
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1002',
  '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003',
] as const

/** The first uuid. */
export const UUID: string = UUIDS[0]

/** Directory of a parent's first type. */
export function typeDir(parent = 0): string {
  return `/sys/class/mdev_bus/gpu${parent}/mdev_supported_types/nvidia-35`
}

/** Directory of the first type of the machine's one serial card. */
export const MTTY_TYPE = '/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1'

/** echo uuid > create, as an echo into a file. */
export function createEcho(uuid: string = UUID, parent = 0): Echo {
  return { path: `${typeDir(parent)}/create`, text: uuid }
}

/** echo 1 > remove, as an echo into a file. */
export function removeEcho(uuid: string = UUID): Echo {
  return { path: `/sys/bus/mdev/devices/${uuid}/remove`, text: '1' }
}

/** echo uuid > create */
export function echoCreate(uuid: string = UUID, parent = 0): number {
  return sysfs_write(`${typeDir(parent)}/create`, uuid)
}

/** echo 1 > remove */
export function echoRemove(uuid: string = UUID): number {
  return sysfs_write(`/sys/bus/mdev/devices/${uuid}/remove`, '1')
}

/** True if the device is on the bus. */
export function onBus(uuid: string = UUID): boolean {
  return names('/sys/bus/mdev/devices').includes(uuid)
}

/** Names in a directory, none if there is no directory. */
export function names(path: string): string[] {
  const found = sysfs_list(path)
  return typeof found === 'number' ? [] : found
}

/** The mdev of that uuid, NULL if it is not on the bus. */
export function mdevOf(uuid: string = UUID): Addr<'mdev_device'> {
  const kn = kern_path(`/sys/bus/mdev/devices/${uuid}`, true)
  if (kn < 0) return as(0)
  const dev = read(kn + kernfs_node.offset.priv)
  kernfs_put(as(kn))
  return to_mdev_device(as(dev))
}

/** Removes a device as code in the kernel would, past its `remove` file: it finds the device on its bus, and holds it. */
export function removeInKernel(uuid: string = UUID): number {
  const dev = bus_find_device_by_name(as(read(read(MDEV) + mdev_globals.offset.bus)), uuid)
  if (dev === 0) return -ENOENT
  const ret = mdev_device_remove(to_mdev_device(dev), false)
  put_device(dev)
  return ret
}

/** Unregisters a parent. Its device and its module stay. */
export function unregister(parent = 0): number {
  mdev_unregister_device(parent_device(parent))
  return 0
}
