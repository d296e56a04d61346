/**
 * A booted kernel on one CPU, and the pair of operations that the mdev benches measure: create and remove of one device
 * through sysfs, by paths that were looked up once.
 */
import { as } from '../src/base/index.ts'
import { start_kernel } from '../src/drivers/index.ts'
import {
  kernfs_put,
  path_compile,
  path_lookup,
  qstr,
  sys_path,
  uuid_parse,
  vfs_close,
  vfs_open,
  vfs_write,
} from '../src/kernel/index.ts'
import { formatArena } from '../src/mem/index.ts'

/** The one device. */
export const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
const O_WRONLY = 1
/** Arena of the benches, bytes. */
export const ARENA_BYTES: number = 8 << 20

/** Boots a kernel with this thread as its only CPU. */
export function bootOne(view: Int32Array, strategy: string): void {
  formatArena(view.buffer as SharedArrayBuffer, 1)
  const ret = start_kernel({ strategy, driver: 'vgpu', parents: 8, secondOrder: true, seed: 1 })
  if (ret !== 0) throw new Error(`start_kernel: ${ret}`)
}

/** Opens, writes, closes; returns what the write returned. */
export function writeTo(path: number, text: string): number {
  const kn = path_lookup(as(path))
  const file = vfs_open(as(kn), O_WRONLY)
  const done = vfs_write(as(file), text)
  vfs_close(as(file))
  kernfs_put(as(kn))
  return done
}

/** Compiled path of a parent's `create`. */
export function createPath(parent: number): number {
  return path_compile(`/sys/class/mdev_bus/gpu${parent}/mdev_supported_types/nvidia-35/create`)
}

/** Compiled path of the device's `remove`. */
export function removePath(uuid: string): number {
  const path = path_compile(`/sys/bus/mdev/devices/${uuid}/remove`)
  uuid_parse(uuid, path + sys_path.offset.names + 3 * qstr.words + 1)
  return path
}
