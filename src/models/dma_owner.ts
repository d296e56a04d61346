/**
 * Models of DMA ownership (since 5.19, 70693f470848: owner and count, under the mutex of the group): a group of devices that cannot be told apart
 * belongs to user space or to drivers of the kernel, never to both. What the notifier of October 2021 could only find out afterwards, a
 * driver in a live group, is refused beforehand. The control asks first and takes later, each under the mutex.
 *
 * Source   iommu_group_claim_dma_owner and iommu_device_use_default_domain, as 70693f470848 and 31076af0cb00 make vfio use them
 */
import { fetch_add, read, READ_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { EBUSY, EPERM } from '../base/errno.ts'
import { alloc_boot } from '../mem/arena.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'

interface Group extends Record<string, number> {
  readonly lock: number
  /** Who claimed it; 0: nobody, or drivers. */
  readonly owner: number
  readonly count: number
  /** Drivers that are bound, and users that have the group. */
  readonly drivers: number
  readonly users: number
}
function setup(scene: Scene): Group {
  const lock = scene.name(alloc_boot(mutex.words), 'group->mutex', mutex)
  mutex_init(as(lock), '&group->mutex')
  const word = (name: string): number => scene.name(alloc_boot(1), name)
  return {
    lock,
    owner: word('owner'),
    count: word('owner_cnt'),
    drivers: word('drivers'),
    users: word('users'),
  }
}

function locked(lock: number, what: () => number): number {
  mutex_lock(as(lock))
  const ret = what()
  mutex_unlock(as(lock))
  return ret
}
const mayClaim = ({ count }: Group): number => (read(count) === 0 ? 0 : -EPERM)
const mayUse = ({ count, owner }: Group): number => (read(count) !== 0 && read(owner) !== 0 ? -EBUSY : 0)
function take(s: Group, owner: number): number {
  write(s.owner, owner)
  write(s.count, read(s.count) + 1)
  return 0
}

function both({ drivers, users }: Group): void {
  check(READ_ONCE(drivers) === 0 || READ_ONCE(users) === 0, 'user space and a driver have the group')
}
/** Is in the group, and looks who else is. */
function inside(s: Group, side: number): void {
  fetch_add(side, 1)
  both(s)
  fetch_add(side, -1)
}

/** A user opens the group. */
function claim_dma_owner(s: Group): void {
  if (locked(s.lock, () => mayClaim(s) || take(s, 1)) !== 0) return
  inside(s, s.users)
  locked(s.lock, () => (write(s.owner, 0), write(s.count, 0), 0))
}
/** A driver is bound to a device of the group. */
function use_default_domain(s: Group): void {
  if (locked(s.lock, () => mayUse(s) || take(s, 0)) !== 0) return
  inside(s, s.drivers)
  locked(s.lock, () => (write(s.count, read(s.count) - 1), 0))
}
/** The control: whether the group is viable is asked, and what was answered is used later. */
function claim_if_viable(s: Group): void {
  if (locked(s.lock, () => mayClaim(s)) !== 0) return
  locked(s.lock, () => take(s, 1))
  inside(s, s.users)
}

const model = family<Group>({ setup, fold: ['mem', 'sync'] })

/** Models of DMA ownership. */
export const dmaOwners: readonly Model[] = [
  model('dma-owner', 'a user claims a group ‖ a driver is bound in it', [
    claim_dma_owner,
    use_default_domain,
  ]),
  model(
    'dma-owner-asked-first',
    'WRONG: whether the group is free is asked, and it is taken later',
    [claim_if_viable, use_default_domain],
    { expect: 'assertion' },
  ),
]
