/**
 * Uevents: what user space hears about objects. Each has a number, SEQNUM, that grows over the whole system.
 *
 * Invariant   SEQNUM is strictly increasing and never repeated. With the second-order locks on, records are in the ring
 *             in the order of SEQNUM, because both happen under uevent_sock_mutex.
 * Order       uevent_sock_mutex is inner to all locks of the driver core.
 * Context     sleeps.
 * Source      lib/kobject_uevent.c
 */
import { fetch_add, fetch_or, read, READ_ONCE, write } from '#access'
import { trace_point } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import { OpsTable } from '../base/ops.ts'
import {
  alloc_boot,
  embed,
  guarded_by,
  ptr,
  ring_alloc,
  ring_claim,
  ring_commit,
  ring_payload,
  rootAddr,
  should_fail,
  struct,
  word,
} from '../mem/index.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { KOBJ_ADD_SENT, KOBJ_REMOVE_SENT, kobject, kset, type Kobject } from './device/kobject_struct.ts'
import { qstr, qstr_copy } from './qstr.ts'
import { string_of } from './static_name.ts'
import {
  KOBJ_ACTIONS,
  KOBJ_ADD,
  KOBJ_REMOVE,
  UEVENT_ACTION,
  UEVENT_DEPTH,
  UEVENT_DEVNAME,
  UEVENT_DRIVER,
  UEVENT_ENV,
  UEVENT_MAJOR,
  UEVENT_MINOR,
  UEVENT_PATH,
  UEVENT_PATH_MAX,
  UEVENT_SEQNUM,
  UEVENT_SUBSYSTEM,
  UEVENT_WORDS,
} from './uevent_record.ts'

/** How a kset's members appear in uevents. */
export interface KsetUeventOps {
  /** False: this member sends none. */
  readonly filter?: (kobj: Kobject) => boolean
  /** String id of the subsystem; 0 sends nothing. Without it the kset's name is used. */
  readonly name?: (kobj: Kobject) => number
  /** Fills driver, device number and node into the record. */
  readonly uevent?: (kobj: Kobject, record: number) => void
}
export const kset_uevent_ops = new OpsTable<KsetUeventOps>('kset_uevent_ops')

const uevent_globals = struct('uevent_globals', {
  ring: ptr('ring'),
  second_order: word,
  /** Number of the last event. */
  seqnum: guarded_by('uevent_sock_mutex', word),
  uevent_sock_mutex: embed(mutex),
})
const ROOT = rootAddr('uevent')
const G = uevent_globals.offset
const { state: STATE, kset: KSET, parent: PARENT, name: NAME } = kobject.offset
const OPS = kset.offset.uevent_ops
const points = KOBJ_ACTIONS.map((action) => `kobject_uevent:${action}`)

/** Prepares the ring. Boot CPU only. `records` is a power of two. Returns false when the arena is full. */
export function uevent_init(secondOrder: boolean, records: number): boolean {
  const g = alloc_boot(uevent_globals.words)
  const ring = ring_alloc(records, UEVENT_WORDS)
  if (g === 0 || ring === 0) return false
  write(g + G.ring, ring)
  write(g + G.second_order, secondOrder ? 1 : 0)
  mutex_init(as(g + G.uevent_sock_mutex), 'uevent_sock_mutex')
  write(ROOT, g)
  return true
}

/** Number of the last uevent. */
export function uevent_seqnum(): number {
  return READ_ONCE(read(ROOT) + G.seqnum)
}

/** kset that speaks for the object: its own or that of the nearest ancestor; 0 if there is none. */
function ksetOf(kobj: Kobject): number {
  let top: number = kobj
  while (read(top + KSET) === 0 && read(top + PARENT) !== 0) top = read(top + PARENT)
  return read(top + KSET)
}

function subsystemOf(kobj: Kobject, ks: number, ops: KsetUeventOps | undefined): number {
  if (ops?.name !== undefined) return ops.name(kobj)
  return read(ks + NAME)
}

/**
 * Sends a uevent with one more variable.
 * @param action one of KOBJ_*
 * @param env static_name key of `KEY=VALUE`, 0 for none
 * @returns 0, also when nobody is to hear of it; -EINVAL for an object outside any kset; -ENOMEM
 */
export function kobject_uevent_env(kobj: Kobject, action: number, env: number): number {
  if (action === KOBJ_REMOVE) fetch_or(kobj + STATE, KOBJ_REMOVE_SENT)
  const ks = ksetOf(kobj)
  if (ks === 0) return -EINVAL
  const id = read(ks + OPS)
  const ops = id === 0 ? undefined : kset_uevent_ops.get(id)
  if (ops?.filter?.(kobj) === false) return 0
  const subsystem = subsystemOf(kobj, ks, ops)
  if (subsystem === 0) return 0
  if (should_fail()) return -ENOMEM
  if (action === KOBJ_ADD) fetch_or(kobj + STATE, KOBJ_ADD_SENT)
  trace_point(points[action] as string)
  broadcast(kobj, action, subsystem, env === 0 ? 0 : string_of(env), ops)
  return 0
}

/** Sends a uevent. Returns what kobject_uevent_env returns. */
export function kobject_uevent(kobj: Kobject, action: number): number {
  return kobject_uevent_env(kobj, action, 0)
}

function broadcast(
  kobj: Kobject,
  action: number,
  subsystem: number,
  env: number,
  ops: KsetUeventOps | undefined,
): void {
  const g = read(ROOT)
  const lock: Addr<'mutex'> = as(g + G.uevent_sock_mutex)
  const serial = read(g + G.second_order) === 1
  if (serial) mutex_lock(lock)
  const ring = read(g + G.ring)
  const n = ring_claim(ring)
  const at = ring_payload(ring, n)
  write(at + UEVENT_SEQNUM, fetch_add(g + G.seqnum, 1) + 1)
  write(at + UEVENT_ACTION, action)
  write(at + UEVENT_SUBSYSTEM, subsystem)
  write(at + UEVENT_ENV, env)
  write(at + UEVENT_MAJOR, 0)
  write(at + UEVENT_MINOR, 0)
  write(at + UEVENT_DRIVER, 0)
  write(at + UEVENT_DEVNAME, 0)
  copyPath(kobj, at)
  ops?.uevent?.(kobj, at)
  ring_commit(ring, n)
  if (serial) mutex_unlock(lock)
}

function copyPath(kobj: Kobject, at: number): void {
  let depth = 0
  for (let up: number = kobj; up !== 0 && depth < UEVENT_PATH_MAX; up = read(up + PARENT)) {
    qstr_copy(as(at + UEVENT_PATH + depth++ * qstr.words), as(up + NAME))
  }
  write(at + UEVENT_DEPTH, depth)
}
