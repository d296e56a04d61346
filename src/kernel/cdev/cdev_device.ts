/**
 * A device and its cdev, added and removed together, and the nodes of /dev that lead to the number.
 *
 * Order of events   add: cdev, node, device (uevent): whoever has heard of the device can open it. del: node, device, cdev. An
 *                   open in between finds no node (ENOENT), or a number without a cdev (ENXIO).
 * Order             cdev_lock is a leaf.
 * Context           sleeps.
 * Source            fs/char_dev.c (cdev_device_add); drivers/base/devtmpfs.c, which here is a list
 */
import { read } from '#access'
import { NULL, type Addr } from '../../base/addr.ts'
import { ENOENT } from '../../base/errno.ts'
import { list_add_tail, list_del_init, list_empty, list_next } from '../../mem/index.ts'
import { spin_lock, spin_unlock } from '../../sync/index.ts'
import { cdev_add, cdev_del, cdev_globals, cdev_lock, cdev_root, cdev_set_parent } from './cdev.ts'
import { chrdev_open } from './chardev_file.ts'
import { cdev, MAJOR, MKDEV, type Cdev } from './cdev_struct.ts'
import { device_add } from '../device/device_add.ts'
import { device_del } from '../device/device_del.ts'
import { dev_name } from '../device/device.ts'
import { device, type Device } from '../device/device_struct.ts'
import { name_eq, name_text, qstr_copy } from '../qstr.ts'

const C = cdev.offset
const D = device.offset
const NODE = cdev.at.node
const NAME = cdev.at.name
const ofNode = cdev.of.node

function make_node(cd: Cdev, name: Addr<'qstr'>): void {
  spin_lock(cdev_lock())
  qstr_copy(NAME(cd), name)
  list_add_tail(NODE(cd), cdev_globals.at.nodes(cdev_root()))
  spin_unlock(cdev_lock())
}

function remove_node(cd: Cdev): void {
  spin_lock(cdev_lock())
  if (!list_empty(NODE(cd))) list_del_init(NODE(cd))
  spin_unlock(cdev_lock())
}

/** Number of a device; 0 for none. */
function devt_of(dev: Device): number {
  return MKDEV(read(dev + D.major), read(dev + D.minor))
}

/**
 * Adds an initialised device and, if it has a number, the cdev that serves it; open files pin the device. Without a number this is
 * device_add (Linux 233ed09d7fda); with a number of major 0 there is a cdev, but no node in /dev.
 * @returns 0 or a negative errno, with nothing left behind; the device is put by the caller then
 */
export function cdev_device_add(cd: Cdev, dev: Device): number {
  const devt = devt_of(dev)
  if (devt === 0) return device_add(dev)
  cdev_set_parent(cd, device.at.kobj(dev))
  const error = cdev_add(cd, devt, 1)
  if (error !== 0) return error
  if (MAJOR(devt) !== 0) make_node(cd, dev_name(dev))
  const failed = device_add(dev)
  if (failed === 0) return 0
  remove_node(cd)
  cdev_del(cd)
  return failed
}

/** Removes what cdev_device_add added. Files that are open go on calling their operations. */
export function cdev_device_del(cd: Cdev, dev: Device): void {
  if (devt_of(dev) === 0) return device_del(dev)
  remove_node(cd)
  device_del(dev)
  cdev_del(cd)
}

/** Number that a name in /dev leads to; 0, which no node has, if there is no such node. */
function lookup(name: Addr<'qstr'>): number {
  const head = cdev_globals.at.nodes(cdev_root())
  spin_lock(cdev_lock())
  let found: Cdev = NULL
  for (let at = list_next(head); at !== head && found === 0; at = list_next(at)) {
    if (name_eq(NAME(ofNode(at)), name)) found = ofNode(at)
  }
  const devt = found === 0 ? 0 : read(found + C.dev)
  spin_unlock(cdev_lock())
  return devt
}

/** Nodes of /dev with their numbers, in order of creation. Allocates JS objects. */
export function dev_nodes(): { readonly name: string; readonly devt: number }[] {
  const head = cdev_globals.at.nodes(cdev_root())
  const found: { name: string; devt: number }[] = []
  spin_lock(cdev_lock())
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    found.push({ name: name_text(NAME(ofNode(at))), devt: read(ofNode(at) + C.dev) })
  }
  spin_unlock(cdev_lock())
  return found
}

/**
 * Opens /dev/<name>.
 * @returns the open file, -ENOENT without a node, or what chrdev_open returns
 */
export function dev_open(name: Addr<'qstr'>, flags: number): number {
  const devt = lookup(name)
  return devt === 0 ? -ENOENT : chrdev_open(devt, flags)
}
