/**
 * devres: what a driver took for a device, recorded so that it is given back by itself.
 *
 * Order of release   last taken, first released. When: a probe failed; the driver was unbound, right after its remove;
 *                    the last reference to the device was put. A device that no driver is ever bound to, such as a
 *                    class device, has only the last of these: what hangs on it lives as long as its longest open file.
 * Invariant          a node is released once: it leaves the device's list, under devres_lock, before its action runs.
 * Order              dev->devres_lock is a leaf. Actions run without it and may take any lock.
 * Context            devres_add: any. Releases: as the actions, which may sleep.
 * Source             drivers/base/devres.c
 */
import { data_race, read, write } from '#access'
import { trace_point } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { ENOENT, ENOMEM } from '../../base/errno.ts'
import { OpsTable } from '../../base/ops.ts'
import {
  embed,
  guarded_by,
  INIT_LIST_HEAD,
  kmem_cache_active,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  list_add_tail,
  list_del,
  list_head,
  rootAddr,
  struct,
  word,
} from '../../mem/index.ts'
import { spin_lock, spin_lock_init, spin_unlock } from '../../sync/index.ts'
import { device, type Device } from './device_struct.ts'

const devres_node = struct('devres_node', {
  entry: guarded_by('dev->devres_lock', embed(list_head)),
  /** Id of devres_actions. */
  action: word,
  data: word,
})
type Node = Addr<'devres_node'>

/** Called with the device and the data that was recorded. */
export type DevresAction = (dev: Device, data: number) => void
/** Everything that can be recorded. */
export const devres_actions = new OpsTable<DevresAction>('devres action')

const ROOT = rootAddr('devres')
const LOCK = device.at.devres_lock
const HEAD = device.at.devres_head
const ofEntry = devres_node.of.entry
const { action: ACTION, data: DATA } = devres_node.offset
const PREV = list_head.offset.prev

/** Prepares the cache. Boot CPU only. Returns false when the arena is full. */
export function devres_init(): boolean {
  write(ROOT, kmem_cache_create(devres_node))
  return read(ROOT) !== 0
}

function cache(): Addr<'kmem_cache'> {
  return as(read(ROOT))
}

/** Part of device_initialize. */
export function devres_head_init(dev: Device): void {
  spin_lock_init(LOCK(dev), '&dev->devres_lock')
  INIT_LIST_HEAD(HEAD(dev))
}

/**
 * Records an action for the time the device is let go.
 * @param action id of devres_actions
 * @returns 0 or -ENOMEM
 */
export function devm_add_action(dev: Device, action: number, data: number): number {
  const node = kmem_cache_zalloc(cache(), devres_node)
  if (node === 0) return -ENOMEM
  write(node + ACTION, action)
  write(node + DATA, data)
  spin_lock(LOCK(dev))
  list_add_tail(devres_node.at.entry(node), HEAD(dev))
  spin_unlock(LOCK(dev))
  return 0
}

/** devm_add_action that runs the action at once if it cannot be recorded, and then returns -ENOMEM. */
export function devm_add_action_or_reset(dev: Device, action: number, data: number): number {
  const error = devm_add_action(dev, action, data)
  if (error !== 0) devres_actions.get(action)(dev, data)
  return error
}

/** Newest node with this action and data. devres_lock is held. */
function find(dev: Device, action: number, data: number): Node {
  const head = HEAD(dev)
  let at = read(head + PREV)
  while (at !== head) {
    const node = ofEntry(at)
    if (read(node + ACTION) === action && read(node + DATA) === data) return node
    at = read(at + PREV)
  }
  return as(0)
}

/** Forgets a recorded action without running it: the newest that matches. Returns 0 or -ENOENT. */
export function devm_remove_action(dev: Device, action: number, data: number): number {
  spin_lock(LOCK(dev))
  const node = find(dev, action, data)
  if (node !== 0) list_del(devres_node.at.entry(node))
  spin_unlock(LOCK(dev))
  if (node === 0) return -ENOENT
  kmem_cache_free(cache(), devres_node, node)
  return 0
}

/** Runs a recorded action now and forgets it. Returns 0 or -ENOENT. */
export function devm_release_action(dev: Device, action: number, data: number): number {
  const error = devm_remove_action(dev, action, data)
  if (error === 0) devres_actions.get(action)(dev, data)
  return error
}

/** Runs the actions of a chain, from its end to its beginning. */
function release_nodes(dev: Device, last: number): void {
  for (let at = last; at !== 0;) {
    const node = ofEntry(at)
    const action = read(node + ACTION)
    const data = read(node + DATA)
    at = read(at + PREV)
    kmem_cache_free(cache(), devres_node, node)
    trace_point('release_nodes')
    devres_actions.get(action)(dev, data)
  }
}

/** Takes all recorded actions off the device and runs them. What they record anew stays for the next time. */
export function devres_release_all(dev: Device): void {
  const head = HEAD(dev)
  // Most devices record nothing; nobody may add while the device is being let go.
  if (data_race(head) === head) return
  spin_lock(LOCK(dev))
  const first = read(head)
  const last = read(head + PREV)
  INIT_LIST_HEAD(head)
  spin_unlock(LOCK(dev))
  if (first === head) return
  write(first + PREV, 0)
  release_nodes(dev, last)
}

/** Actions recorded on all devices. Exact only while no CPU runs. */
export function live_devres(): number {
  return kmem_cache_active(cache())
}
