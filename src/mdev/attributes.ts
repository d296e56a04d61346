/**
 * The attributes of types and devices: create, name, description, device_api, available_instances; remove.
 *
 * Order     of->mutex → active reference of the file → what create and remove take. remove gives its active reference
 *           up first (device_remove_file_self), or it would wait for itself when its directory goes.
 * Source    drivers/vfio/mdev/mdev_sysfs.c
 */
import { read } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EAGAIN } from '../base/errno.ts'
import { define_attribute, define_groups } from '../kernel/device/attribute.ts'
import { device_create_file, device_remove_file_self } from '../kernel/device/device.ts'
import { current, task_struct } from '../mem/task.ts'
import { mdev_device_create, mdev_device_remove, strategy } from './core.ts'
import { parent_data, parent_ops, type VendorType } from './driver.ts'
import { parent_instances } from './instances.ts'
import { parse_create, parse_remove } from './input.ts'
import { mdev_pin, mdev_unpin } from './pin.ts'
import { mdev_device, mdev_type } from './types.ts'

const PARENT = mdev_type.offset.parent
const INDEX = mdev_type.offset.index
const MDEV_PARENT = mdev_device.offset.parent
const STACK = task_struct.offset.stack
const dev_of = mdev_device.at.dev

function vendorType(type: Addr<'mdev_type'>): VendorType {
  return parent_ops(as(read(type + PARENT))).types[read(type + INDEX)] as VendorType
}

/** Errors: -EINVAL for what is not a uuid, and what mdev_device_create returns. */
function create_store(type: Addr<'mdev_type'>, text: string): number {
  trace_enter('create_store')
  const ret = __create_store(type, text)
  trace_leave('create_store')
  return ret
}

function __create_store(type: Addr<'mdev_type'>, text: string): number {
  const uuid = current() + STACK
  const ret = parse_create(text, uuid)
  if (ret !== 0) return ret
  const error = mdev_device_create(type, uuid, text)
  return error === 0 ? text.length : error
}

/**
 * Where the vendor may refuse, a removal that failed makes its file again, even on a device that is going: the warning of the mail.
 * Since 5.2 (5715c4dd66a3 and the patch before it) it stays gone.
 */
function remove_store(mdev: Addr<'mdev_device'>, text: string, attr: number): number {
  trace_enter('remove_store')
  const ret = __remove_store(mdev, text, attr)
  trace_leave('remove_store')
  return ret
}

function __remove_store(mdev: Addr<'mdev_device'>, text: string, attr: number): number {
  const value = parse_remove(text)
  if (value < 0) return value
  if (value === 0) return text.length
  const parent = as<'mdev_parent'>(read(mdev + MDEV_PARENT))
  mdev_pin(mdev, parent)
  const error = remove_by_file(mdev, attr)
  mdev_unpin(mdev, parent)
  return error === 0 ? text.length : error
}

function remove_by_file(mdev: Addr<'mdev_device'>, attr: number): number {
  if (strategy().namespace.unfinished?.(mdev) === true) return -EAGAIN
  if (!device_remove_file_self(dev_of(mdev), attr)) return 0
  const error = mdev_device_remove(mdev, false)
  if (error !== 0 && strategy().sequence.vendorMayRefuse) device_create_file(dev_of(mdev), attr)
  return error
}

function available_show(type: Addr<'mdev_type'>): string {
  const parent = as<'mdev_parent'>(read(type + PARENT))
  const left = strategy().coreCounts ? parent_instances(parent) : -1
  if (left >= 0) return `${left}\n`
  return `${parent_ops(parent).available(parent_data(parent), read(type + INDEX))}\n`
}

const create = define_attribute('mdev_type.create', { name: 'create', mode: 0o200, store: create_store })
const name = define_attribute('mdev_type.name', {
  name: 'name',
  mode: 0o444,
  show: (type: Addr<'mdev_type'>) => `${vendorType(type).name}\n`,
})
const description = define_attribute('mdev_type.description', {
  name: 'description',
  mode: 0o444,
  show: (type: Addr<'mdev_type'>) => `${vendorType(type).description}\n`,
})
const device_api = define_attribute('mdev_type.device_api', {
  name: 'device_api',
  mode: 0o444,
  show: (type: Addr<'mdev_type'>) => `${vendorType(type).device_api}\n`,
})
const available = define_attribute('mdev_type.available_instances', {
  name: 'available_instances',
  mode: 0o444,
  show: available_show,
})

/** Id of the attribute `remove` of a device. */
export const mdev_remove_attr: number = define_attribute('mdev.remove', {
  name: 'remove',
  mode: 0o200,
  store: remove_store,
})

/** Groups of a device whose `remove` is there from device_add on. */
export const mdev_groups: number = define_groups('mdev', [{ attrs: [mdev_remove_attr] }])

/** Files of every type. */
export const mdev_type_groups: number = define_groups('mdev_type', [
  { attrs: [create, name, device_api, available] },
])

/** Files of a type that has a description. */
export const mdev_type_described_groups: number = define_groups('mdev_type.described', [
  { attrs: [create, name, device_api, available, description] },
])
