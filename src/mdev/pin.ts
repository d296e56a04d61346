/**
 * The references that close the window between finding a device and entering its parent's gate.
 *
 * Since 5.2 (5715c4dd66a3) nothing pins the device there: its `remove` file has removed itself and protects it no longer. If the
 * parent is unregistered wholly inside the window, the remover goes on with freed memory. With `pin` set, the store of
 * `remove` takes a reference to the device and to its parent before the file removes itself: up to there the file's
 * active reference keeps unregistration from dropping its own, so both are there to be shared. (Under the namespace's
 * lock would be too late: a device whose last reference is gone is still listed, and still active.) The store drops
 * them at its end. A scenario switches it off to show the window.
 *
 * Where the namespace finds by reference (findsByReference) they are taken for good, and nothing switches them off.
 *
 * A gate may let the remover in after the parent has finished (the rwsem is free again then), so the parent marks the
 * children that it removed, and a pinned remover looks.
 *
 * Context   mdev_pin: with an active reference on a file of the device. mdev_unpin: no lock held; may free both objects.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import type { Addr } from '../base/addr.ts'
import { get_device, put_device } from '../kernel/device/device.ts'
import { rootAddr } from '../mem/arena.ts'
import { mdev_get_parent, mdev_put_parent } from './parent.ts'
import { strategyOf } from './strategies.ts'
import { mdev_device, mdev_globals } from './types.ts'

const ROOT = rootAddr('mdev')
const { pin: PIN, strategy: STRATEGY } = mdev_globals.offset
const GONE = mdev_device.offset.gone
const dev_of = mdev_device.at.dev

/** Takes both references, if the strategy wants them. */
export function mdev_pin(mdev: Addr<'mdev_device'>, parent: Addr<'mdev_parent'>): void {
  if (read(read(ROOT) + PIN) === 0) return
  get_device(dev_of(mdev))
  mdev_get_parent(parent)
}

/** Drops what mdev_pin took. */
export function mdev_unpin(mdev: Addr<'mdev_device'>, parent: Addr<'mdev_parent'>): void {
  if (read(read(ROOT) + PIN) === 0) return
  put_device(dev_of(mdev))
  mdev_put_parent(parent)
}

/** Opens the window, where the strategy does not take the references for good. For scenarios, before anybody removes. */
export function mdev_never_pin(): void {
  const g = read(ROOT)
  if (strategyOf(read(g + STRATEGY)).namespace.findsByReference !== true) write(g + PIN, 0)
}

/** The unregistering parent removes the device. Inside the closed gate. */
export function mdev_mark_gone(mdev: Addr<'mdev_device'>): void {
  WRITE_ONCE(mdev + GONE, 1)
}

/** True if a pinned remover came too late. Inside the gate. */
export function mdev_pinned_and_gone(mdev: Addr<'mdev_device'>): boolean {
  return read(read(ROOT) + PIN) !== 0 && READ_ONCE(mdev + GONE) === 1
}
