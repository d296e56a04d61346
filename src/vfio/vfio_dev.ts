/**
 * The device of class vfio-dev below a registered device: <device>/vfio-dev/vfio<n> (3c28a76124b2, 6.1); the class exists only where the
 * strategy is of that time.
 *
 * Context   may sleep.
 * Source    drivers/vfio/vfio_main.c, 6.1
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { device_create, device_destroy } from '../kernel/device/class.ts'
import { qstr_set_number } from '../kernel/qstr.ts'
import { scratch_qstr, static_name, string_of } from '../kernel/static_name.ts'
import { vfio_alloc_index, vfio_free_index, vfio_root } from './globals.ts'
import { vfio_device, vfio_globals, type VfioDevice } from './types.ts'

const CLASS = vfio_globals.offset.dev_class
const { dev: DEV, index: INDEX, index_dev: INDEX_DEV } = vfio_device.offset
const PREFIX = static_name('vfio')

/** Makes it. Returns 0 or a negative errno. */
export function vfio_dev_add(device: VfioDevice): number {
  const cls = as<'class'>(read(vfio_root() + CLASS))
  if (cls === 0) return 0
  const index = vfio_alloc_index()
  if (index < 0) return index
  const name = scratch_qstr()
  qstr_set_number(name, string_of(PREFIX), index)
  const dev = device_create(cls, as(read(device + DEV)), 0, 0, name)
  if (dev < 0) {
    vfio_free_index(index)
    return dev
  }
  write(device + INDEX, index)
  write(device + INDEX_DEV, dev)
  return 0
}

/** Removes it. */
export function vfio_dev_del(device: VfioDevice): void {
  const dev = as<'device'>(read(device + INDEX_DEV))
  if (dev === 0) return
  write(device + INDEX_DEV, 0)
  device_destroy(dev)
  vfio_free_index(read(device + INDEX))
}
