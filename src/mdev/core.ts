/**
 * mdev core: create and remove of one device.
 *
 * The steps are the same for every strategy; what differs is behind its namespace, its gate and its sequence.
 *
 * Invariant    a device that create returned is complete: on its bus, made by its vendor, with its sysfs files.
 *              Each device holds one reference to its parent, from the start of create to the end of remove.
 * Lock order   see types.ts.
 * Context      process, may sleep. Called from the stores of `create` and `remove`, so with an active reference on that
 *              file (`remove` has given its own up).
 * Source       drivers/vfio/mdev/mdev_core.c, 4.10 to 6.x; the steps are compared in kernel-facts order by the tests
 */
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { ENODEV, EUSERS } from '../base/errno.ts'
import { symbol } from '../base/symbols.ts'
import { dev_dbg, put_device } from '../kernel/device.ts'
import { static_name } from '../kernel/static_name.ts'
import { rootAddr } from '../mem/arena.ts'
import { kmem_cache_free } from '../mem/slab.ts'
import { set_where } from '../mem/task.ts'
import { mdev_alias_claim, mdev_alias_release } from './alias.ts'
import { mdev_init_device } from './device.ts'
import { count_instance } from './instances.ts'
import { gauge_enter, gauge_leave, WORK_CREATE, WORK_REMOVE } from './gauge.ts'
import { mdev_get_parent, mdev_put_parent } from './parent.ts'
import { mdev_mark_gone, mdev_pinned_and_gone } from './pin.ts'
import type { CreateStep } from './sequences/sequence.ts'
import { strategyOf, type Strategy } from './strategies.ts'
import { mdev_device, mdev_globals, mdev_type } from './types.ts'

const ROOT = rootAddr('mdev')
const STRATEGY = mdev_globals.offset.strategy
const CACHE = mdev_globals.offset.device_cache
const TYPE_PARENT = mdev_type.offset.parent
const PARENT = mdev_device.offset.parent
const dev_of = mdev_device.at.dev
const CREATED = static_name('MDEV: created')
const IN_CREATE = symbol('mdev_device_create')
const IN_REMOVE = symbol('mdev_device_remove')

/** The strategy this kernel was booted with. */
export function strategy(): Strategy {
  return strategyOf(read(read(ROOT) + STRATEGY))
}

/**
 * Creates a device of the type.
 * @param uuid address of its four words
 * @param typed the uuid as the user wrote it, for an alias
 * @returns 0, -EEXIST (uuid or alias in use), -EUSERS (the core counts, and the parent is full), -ENODEV (the parent is going),
 *          -ENOMEM, or what the vendor or the driver core answers
 */
export function mdev_device_create(type: Addr<'mdev_type'>, uuid: number, typed = ''): number {
  trace_enter('mdev_device_create')
  set_where(IN_CREATE)
  const parent = as<'mdev_parent'>(read(type + TYPE_PARENT))
  mdev_get_parent(parent)
  const ret = create_on(strategy(), parent, type, uuid, typed)
  if (ret !== 0) mdev_put_parent(parent)
  trace_leave('mdev_device_create')
  return ret
}

/** Passes the gate and the namespace, in the order the gate wants. */
function create_on(
  s: Strategy,
  parent: Addr<'mdev_parent'>,
  type: Addr<'mdev_type'>,
  uuid: number,
  typed: string,
): number {
  const { gate, namespace } = s
  let cookie = gate.entersFirst ? gate.try_enter(parent) : 0
  if (cookie < 0) return cookie
  const mdev = namespace.claim(parent, uuid)
  if (mdev < 0) {
    if (gate.entersFirst) gate.exit(parent, cookie)
    return mdev
  }
  trace_point('mdev_device_create:claimed')
  const taken = mdev_alias_claim(parent, as(mdev), typed)
  if (taken === 0 && !gate.entersFirst) cookie = gate.try_enter(parent)
  const error = taken || Math.min(cookie, 0) || counted(s, as(mdev))
  if (error !== 0) {
    if (cookie >= 0 && (taken === 0 || gate.entersFirst)) gate.exit(parent, cookie)
    mdev_device_free(s, parent, as(mdev))
    return error
  }
  const ret = create_device(s, parent, type, as(mdev))
  gate.exit(parent, cookie)
  // The device's release runs outside the gate: it is the last reference only if creation failed.
  if (ret !== 0) put_device(dev_of(as(mdev)))
  return ret
}

/** Where the core counts devices: 0 or -EUSERS. */
function counted(s: Strategy, mdev: Addr<'mdev_device'>): number {
  return !s.sequence.removeIsGroup || count_instance(mdev) ? 0 : -EUSERS
}

/** Undoes a claim whose device was never initialised: put_device would be wrong here. */
function mdev_device_free(s: Strategy, parent: Addr<'mdev_parent'>, mdev: Addr<'mdev_device'>): void {
  mdev_alias_release(mdev)
  s.namespace.release(mdev)
  kmem_cache_free(as(read(read(ROOT) + CACHE)), mdev_device, mdev)
  s.namespace.abandon(parent)
}

/** Inside the gate: runs the sequence, or unwinds it. */
function create_device(
  s: Strategy,
  parent: Addr<'mdev_parent'>,
  type: Addr<'mdev_type'>,
  mdev: Addr<'mdev_device'>,
): number {
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

/** Runs the steps in order; on failure undoes those that ran, last first. */
function run_steps(steps: readonly CreateStep[], mdev: Addr<'mdev_device'>): number {
  for (let i = 0; i < steps.length; i++) {
    const ret = (steps[i] as CreateStep).run(mdev)
    trace_point((steps[i] as CreateStep).name)
    if (ret === 0) continue
    while (--i >= 0) (steps[i] as CreateStep).undo(mdev)
    return ret
  }
  return 0
}

/**
 * Removes a device. `mdev` may already be freed: the namespace compares it before anybody follows it.
 * @param force the parent goes: the vendor's refusal is ignored
 * @returns 0, -ENODEV, -EAGAIN (being created, or somebody else removes it), or the vendor's refusal
 */
export function mdev_device_remove(mdev: Addr<'mdev_device'>, force: boolean): number {
  trace_enter('mdev_device_remove')
  set_where(IN_REMOVE)
  const s = strategy()
  let ret = s.namespace.find(mdev)
  if (ret === 0) ret = remove_found(s, mdev, force)
  trace_leave('mdev_device_remove')
  return ret
}

/** The caller owns the removal. */
function remove_found(s: Strategy, mdev: Addr<'mdev_device'>, force: boolean): number {
  trace_point('mdev_device_remove:found')
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  const cookie = s.gate.try_enter(parent)
  if (cookie < 0 || mdev_pinned_and_gone(mdev)) {
    if (cookie >= 0) s.gate.exit(parent, cookie)
    return -ENODEV
  }
  gauge_enter(WORK_REMOVE, parent)
  const ret = refused(s, mdev, force)
  if (ret !== 0) {
    gauge_leave()
    s.namespace.restore(mdev)
  } else {
    remove_steps(s, mdev)
    gauge_leave()
    s.namespace.retire(parent)
    mdev_put_parent(parent)
  }
  s.gate.exit(parent, cookie)
  return ret
}

/** Asks the vendor, where the sequence lets him refuse. */
function refused(s: Strategy, mdev: Addr<'mdev_device'>, force: boolean): number {
  for (const step of s.sequence.veto) {
    const ret = step.run(mdev, force)
    if (ret !== 0) return ret
  }
  return 0
}

/** From the point of no return to the final put of the core's own reference. */
function remove_steps(s: Strategy, mdev: Addr<'mdev_device'>): void {
  s.namespace.commit(mdev)
  for (const step of s.sequence.remove) step.run(mdev, true)
  put_device(dev_of(mdev))
}

/**
 * mdev_device_remove_common: removes a child on behalf of the unregistering parent, whatever its state. The gate is
 * closed, so nobody else is at work on it.
 */
export function mdev_device_remove_common(mdev: Addr<'mdev_device'>): void {
  trace_enter('mdev_device_remove_common')
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  mdev_mark_gone(mdev)
  remove_steps(strategy(), mdev)
  mdev_put_parent(parent)
  trace_leave('mdev_device_remove_common')
}

/** mdev_set_drvdata: the vendor's word of the device. */
export function mdev_set_drvdata(mdev: Addr<'mdev_device'>, data: number): void {
  write(mdev + mdev_device.offset.driver_data, data)
}

/** mdev_get_drvdata. */
export function mdev_get_drvdata(mdev: Addr<'mdev_device'>): number {
  return read(mdev + mdev_device.offset.driver_data)
}
