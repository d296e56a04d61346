/**
 * mdev core: create and remove of one device, in the order of mdev_core.c.
 *
 * The steps are the same for every strategy; what differs is behind its namespace (who guards uuids), its gate (who keeps
 * others out of a dying parent) and its sequence (order of bus and vendor).
 *
 * Invariant    a device that create returned is complete: on its bus, made by its vendor, with its sysfs files.
 *              Each device holds one reference to its parent, from the start of create to the end of remove.
 * Lock order   see types.ts.
 * Context      process, may sleep. Called from the stores of `create` and `remove`, so with an active reference on that
 *              file (`remove` has given its own up).
 * Source       drivers/vfio/mdev/mdev_core.c as of each row of strategies.ts; tests hold the steps of every strategy against it
 */
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { ENODEV, EUSERS } from '../base/errno.ts'
import { symbol } from '../base/symbols.ts'
import { dev_dbg, put_device } from '../kernel/device/device.ts'
import { static_name } from '../kernel/static_name.ts'
import { rootAddr } from '../mem/arena.ts'
import { kmem_cache_free } from '../mem/slab.ts'
import { set_where } from '../mem/task.ts'
import { mdev_alias_claim, mdev_alias_release } from './alias.ts'
import { mdev_init_device } from './device.ts'
import type { Cookie, Gate } from './gates/gate.ts'
import { gauge_enter, gauge_leave } from './gauge.ts'
import { count_instance } from './instances.ts'
import { mdev_get_parent, mdev_put_parent } from './parent.ts'
import { mdev_mark_gone, mdev_pinned_and_gone } from './pin.ts'
import type { CreateStep } from './sequences/sequence.ts'
import { mdev_device_remove_ops } from './sequences/steps.ts'
import { strategyOf, type Strategy } from './strategies.ts'
import { mdev_device, mdev_globals, mdev_type } from './types.ts'
import { WORK_CREATE, WORK_REMOVE } from './work_log.ts'

type Parent = Addr<'mdev_parent'>
type Type = Addr<'mdev_type'>
type Mdev = Addr<'mdev_device'>

const ROOT = rootAddr('mdev')
const STRATEGY = mdev_globals.offset.strategy
const CACHE = mdev_globals.offset.device_cache
const TYPE_PARENT = mdev_type.offset.parent
const { parent: PARENT, type: TYPE, driver_data: DRIVER_DATA } = mdev_device.offset
const dev_of = mdev_device.at.dev
const CREATED = static_name('MDEV: created')
const IN_CREATE = symbol('mdev_device_create')
const IN_REMOVE = symbol('mdev_device_remove')
/** No cookie: the gate has not been entered. */
const OUTSIDE = -1

/** The strategy this kernel was booted with. */
export function strategy(): Strategy {
  return strategyOf(read(read(ROOT) + STRATEGY))
}

/** mdev_get_drvdata: the vendor's word of the device. */
export function mdev_get_drvdata(mdev: Mdev): number {
  return read(mdev + DRIVER_DATA)
}

/** mdev_set_drvdata. */
export function mdev_set_drvdata(mdev: Mdev, data: number): void {
  write(mdev + DRIVER_DATA, data)
}

/** Index of a device's type among its vendor's. */
export function mdev_type_index(mdev: Mdev): number {
  return read(read(mdev + TYPE) + mdev_type.offset.index)
}

/** Undoes a claim whose device was never initialised: put_device would be wrong here. */
function mdev_device_free(s: Strategy, parent: Parent, mdev: Mdev): void {
  mdev_alias_release(mdev)
  s.namespace.release(mdev)
  kmem_cache_free(as(read(read(ROOT) + CACHE)), mdev_device, mdev)
  s.namespace.abandon(parent)
}

/** Where the core counts devices: 0, or -EUSERS if the parent is full. */
function count_device(s: Strategy, mdev: Mdev): number {
  return !s.coreCounts || count_instance(mdev) ? 0 : -EUSERS
}

/** Runs the steps in order; on failure undoes those that ran, last first. */
function run_steps(steps: readonly CreateStep[], mdev: Mdev): number {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as CreateStep
    const ret = step.run(mdev)
    trace_point(step.name)
    if (ret === 0) continue
    while (--i >= 0) (steps[i] as CreateStep).undo(mdev)
    return ret
  }
  return 0
}

/** Inside the gate, from device_initialize to the last file. What fails here is unwound, and the caller puts the device. */
function create_device(s: Strategy, parent: Parent, type: Type, mdev: Mdev): number {
  mdev_init_device(mdev, parent, type, s.sequence)
  gauge_enter(WORK_CREATE, parent)
  const ret = run_steps(s.sequence.create, mdev)
  gauge_leave()
  if (ret === 0) {
    s.namespace.settle(mdev)
    dev_dbg(dev_of(mdev), CREATED)
  } else s.namespace.abandon(parent)
  return ret
}

/** Leaves the gate, if it was entered. */
function leave(gate: Gate, parent: Parent, cookie: Cookie): void {
  if (cookie >= 0) gate.exit(parent, cookie)
}

/** Claims the uuid, then the alias, and passes the gate before or after that, as the gate wants it. */
function create_on(s: Strategy, parent: Parent, type: Type, uuid: number, typed: string): number {
  const { gate, namespace } = s
  let cookie = gate.entersFirst ? gate.try_enter(parent) : OUTSIDE
  if (gate.entersFirst && cookie < 0) return cookie

  const claimed = namespace.claim(parent, uuid)
  if (claimed < 0) {
    leave(gate, parent, cookie)
    return claimed
  }
  const mdev = claimed as Mdev
  trace_point('mdev_device_create:claimed')

  let ret = mdev_alias_claim(parent, mdev, typed)
  if (ret === 0 && !gate.entersFirst) {
    cookie = gate.try_enter(parent)
    ret = Math.min(cookie, 0)
  }
  if (ret === 0) ret = count_device(s, mdev)
  if (ret !== 0) {
    leave(gate, parent, cookie)
    mdev_device_free(s, parent, mdev)
    return ret
  }

  ret = create_device(s, parent, type, mdev)
  gate.exit(parent, cookie)
  // The device's release runs outside the gate: it is the last reference only if creation failed.
  if (ret !== 0) put_device(dev_of(mdev))
  return ret
}

/**
 * Creates a device of the type.
 * @param uuid address of its four words
 * @param typed the uuid as the user wrote it, for an alias
 * @returns 0, -EEXIST (uuid or alias in use), -EUSERS (the core counts, and the parent is full), -ENODEV (the parent is going),
 *          -ENOMEM, or what the vendor or the driver core answers
 */
export function mdev_device_create(type: Type, uuid: number, typed = ''): number {
  trace_enter('mdev_device_create')
  set_where(IN_CREATE)
  const parent = as<'mdev_parent'>(read(type + TYPE_PARENT))
  mdev_get_parent(parent)
  const ret = create_on(strategy(), parent, type, uuid, typed)
  // Pairs with mdev_device_remove, or with mdev_device_remove_cb.
  if (ret !== 0) mdev_put_parent(parent)
  trace_leave('mdev_device_create')
  return ret
}

/** Asks the vendor, where the sequence lets it refuse: 0 or its errno. Forced, its answer is ignored. */
function refused(s: Strategy, mdev: Mdev, force: boolean): number {
  if (!s.sequence.vendorMayRefuse) return 0
  const ret = mdev_device_remove_ops(mdev)
  return force ? 0 : ret
}

/** From the point of no return to the put of the core's own reference, which may be the last. */
function remove_device(s: Strategy, mdev: Mdev): void {
  s.namespace.commit(mdev)
  for (const step of s.sequence.remove) step.run(mdev)
  put_device(dev_of(mdev))
}

/** The same in a function that both removals share. It came with the gate: without one, a forced removal asks as any other does. */
function mdev_device_remove_common(s: Strategy, mdev: Mdev): void {
  trace_enter('mdev_device_remove_common')
  remove_device(s, mdev)
  trace_leave('mdev_device_remove_common')
}

/** Removes a child on behalf of the unregistering parent, whatever its state. The gate is closed: nobody else is at work on it. */
export function mdev_device_remove_cb(mdev: Mdev): void {
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  const s = strategy()
  mdev_mark_gone(mdev)
  refused(s, mdev, true)
  mdev_device_remove_common(s, mdev)
  mdev_put_parent(parent)
}

/** The caller owns the removal: the namespace has given it to nobody else. */
function remove_found(s: Strategy, mdev: Mdev, force: boolean): number {
  const { gate, namespace } = s
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  const cookie = gate.try_enter(parent)
  if (cookie < 0 || mdev_pinned_and_gone(mdev)) {
    leave(gate, parent, cookie)
    return -ENODEV
  }
  gauge_enter(WORK_REMOVE, parent)
  const ret = refused(s, mdev, force)
  if (ret === 0) {
    if (gate.guarded) mdev_device_remove_common(s, mdev)
    else remove_device(s, mdev)
  }
  gauge_leave()
  if (ret === 0) {
    namespace.retire(parent)
    mdev_put_parent(parent)
  } else namespace.restore(mdev)
  gate.exit(parent, cookie)
  return ret
}

/**
 * Removes a device. `mdev` may already be freed: the namespace compares it before anybody follows it.
 * @param force the parent goes: the vendor's refusal is ignored
 * @returns 0, -ENODEV, -EAGAIN (being created, or somebody else removes it), or the vendor's refusal
 */
export function mdev_device_remove(mdev: Mdev, force: boolean): number {
  trace_enter('mdev_device_remove')
  set_where(IN_REMOVE)
  const s = strategy()
  let ret = s.namespace.find(mdev)
  if (ret === 0) {
    trace_point('mdev_device_remove:found')
    ret = remove_found(s, mdev, force)
  }
  trace_leave('mdev_device_remove')
  return ret
}
