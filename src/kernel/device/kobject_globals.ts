/**
 * Globals of the object layer: caches of dynamic kobjects and ksets, the directories every subsystem hangs on, and
 * sysfs_symlink_target_lock.
 *
 * Order    sysfs_symlink_target_lock is a leaf.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import {
  alloc_boot,
  kmem_cache_active,
  kmem_cache_create,
  ptr,
  rootAddr,
  struct,
  word,
} from '../../mem/index.ts'
import { spin_lock_init, spinlock } from '../../sync/index.ts'
import { kobject, kset } from './kobject_struct.ts'
import { lock_bit, second_order_bits, type SecondOrder } from '../second_order.ts'

const SHARDS = 16
const LOCK_STRIDE = Math.ceil(spinlock.words / 16) * 16

export const kobject_globals = struct('kobject_globals', {
  /** 0 shrinks the locks that serialise unrelated devices; see the README. */
  second_order: word,
  /** Array of spinlocks: the first is sysfs_symlink_target_lock, the others are used when second_order is off. */
  symlink_locks: word,
  kobject_cache: ptr('kmem_cache'),
  kset_cache: ptr('kmem_cache'),
  /** /sys/devices, kset of all devices. */
  devices_kset: ptr('kset'),
  /** /sys/devices/virtual */
  virtual_dir: ptr('kobject'),
  /** /sys/bus */
  bus_kset: ptr('kset'),
  /** /sys/class */
  class_kset: ptr('kset'),
  /** /sys/module */
  module_kset: ptr('kset'),
  /** /sys/kernel */
  kernel_kobj: ptr('kobject'),
})
const ROOT = rootAddr('kobject')
const G = kobject_globals.offset

/** Prepares the caches. Boot CPU only. Returns false when the arena is full. */
export function kobject_globals_init(secondOrder: SecondOrder): boolean {
  const g = alloc_boot(kobject_globals.words)
  const locks = alloc_boot((SHARDS + 1) * LOCK_STRIDE)
  const kobjects = kmem_cache_create(kobject)
  const ksets = kmem_cache_create(kset)
  if (g === 0 || locks === 0 || kobjects === 0 || ksets === 0) return false
  write(ROOT, g)
  write(g + G.second_order, second_order_bits(secondOrder))
  write(g + G.symlink_locks, locks)
  write(g + G.kobject_cache, kobjects)
  write(g + G.kset_cache, ksets)
  for (let i = 0; i <= SHARDS; i++) spin_lock_init(as(locks + i * LOCK_STRIDE), 'sysfs_symlink_target_lock')
  return true
}

/** Address of the globals. */
export function kobject_root(): Addr<'kobject_globals'> {
  return as(read(ROOT))
}

const LISTS = lock_bit('lists')

/** True if the locks of this bit, of those that serialise unrelated devices, are the kernel's. */
export function second_order(bit: number = LISTS): boolean {
  return (read(kobject_root() + G.second_order) & bit) !== 0
}

/** Lock that guards `sd` of this object against its removal while a link is made to it. */
export function sysfs_symlink_target_lock(object: number): Addr<'spinlock'> {
  const g = kobject_root()
  const i =
    (read(g + G.second_order) & LISTS) !== 0
      ? 0
      : 1 + ((Math.imul(object >>> 4, 0x9e37_79b1) >>> 16) & (SHARDS - 1))
  return as(read(g + G.symlink_locks) + i * LOCK_STRIDE)
}

/** /sys/devices */
export function devices_kset(): Addr<'kset'> {
  return as(read(kobject_root() + G.devices_kset))
}
/** /sys/devices/virtual */
export function virtual_dir(): Addr<'kobject'> {
  return as(read(kobject_root() + G.virtual_dir))
}
/** /sys/bus */
export function bus_kset(): Addr<'kset'> {
  return as(read(kobject_root() + G.bus_kset))
}
/** /sys/class */
export function class_kset(): Addr<'kset'> {
  return as(read(kobject_root() + G.class_kset))
}
/** /sys/module */
export function module_kset(): Addr<'kset'> {
  return as(read(kobject_root() + G.module_kset))
}
/** /sys/kernel */
export function kernel_kobj(): Addr<'kobject'> {
  return as(read(kobject_root() + G.kernel_kobj))
}

/** Dynamic kobjects alive. Exact only while no CPU runs. */
export function live_kobjects(): number {
  return kmem_cache_active(as(read(kobject_root() + G.kobject_cache)))
}

/** Dynamic ksets alive. Exact only while no CPU runs. */
export function live_ksets(): number {
  return kmem_cache_active(as(read(kobject_root() + G.kset_cache)))
}
