/**
 * Namespace: who guards the uniqueness of uuids and the list of devices, and for how long.
 *
 * The core calls eight fixed points and never asks which member it talks to. Create: claim, then settle or abandon.
 * Remove: find, then restore (the vendor refused) or commit and retire. The last reference, whoever drops it: release.
 */
import type { Addr } from '../../base/addr.ts'

/** What every member of the family implements. Contexts: process, may sleep, no mdev lock held unless stated. */
export interface Namespace {
  readonly name: string
  /** False: a control, which changes its list without a lock. */
  readonly locksList: boolean
  /** What waits while one create or remove is at work: the lock that claim and find keep covers so much. */
  readonly serialises: 'nothing' | 'a parent' | 'everything'
  /** True: a device is listed before it is complete, inactive, and who finds it gets -EAGAIN. False: it is not found. */
  readonly listsUnfinished: boolean
  /** True: `find` reads the device, so who removes holds a reference to it, always. Missing or false: a pointer is only compared. */
  readonly findsByReference?: boolean
  /** True: a uuid is unique in the system. False: on its parent only. */
  readonly seesAllParents: boolean
  /**
   * Makes sure that nobody else has the uuid and allocates the device. On success the member may keep a lock until
   * settle or abandon; on failure it keeps nothing.
   * @param uuid address of its four words
   * @returns the new device, or -EEXIST or -ENOMEM
   */
  claim(parent: Addr<'mdev_parent'>, uuid: number): number
  /**
   * True while the device is being made: who writes to its `remove` then is told -EAGAIN, and the file stays. Missing: the file is gone
   * when that is found out. The caller holds a reference.
   */
  unfinished?(mdev: Addr<'mdev_device'>): boolean
  /** The device is complete. Drops what claim kept. */
  settle(mdev: Addr<'mdev_device'>): void
  /** Creation failed and has been unwound; the final put follows. Drops what claim kept. */
  abandon(parent: Addr<'mdev_parent'>): void
  /**
   * A removal begins: 0 makes the caller its owner. On success the member may keep a lock until restore or retire.
   * Unless the member finds by reference, `mdev` may be freed memory: it is only compared until it is found.
   * @returns 0, -ENODEV or -EAGAIN
   */
  find(mdev: Addr<'mdev_device'>): number
  /** The vendor refused: the device stays. Drops what find kept. */
  restore(mdev: Addr<'mdev_device'>): void
  /** Removal can no longer be refused; the device is still there. */
  commit(mdev: Addr<'mdev_device'>): void
  /** Removal is done; the device may be gone. Drops what find kept. */
  retire(parent: Addr<'mdev_parent'>): void
  /** From the device's release callback: the uuid may be used again. */
  release(mdev: Addr<'mdev_device'>): void
}
