/**
 * Models of vfio's callback on an IOMMU group's chain, the question of the mail of October 2021: a driver is unbound while the
 * last reference to the vfio group goes. What every member of the family must show is in the table at the end.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { device } from '../kernel/device/device_struct.ts'
import { process_one_work, workqueue_init } from '../kernel/workqueue.ts'
import { warning_count } from '../kernel/report.ts'
import { alloc_boot } from '../mem/arena.ts'
import { list_add } from '../mem/list.ts'
import { kmem_cache_active } from '../mem/slab.ts'
import { vfio_group_find_or_alloc, vfio_group_put } from '../vfio/group.ts'
import { vfio_root, vfio_zalloc } from '../vfio/globals.ts'
import { vfio_core_init } from '../vfio/init.ts'
import { iommu_group_alloc, iommu_group_notify } from '../vfio/iommu_group.ts'
import { IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER } from '../vfio/iommu_struct.ts'
import { vfio_globals, vfio_group, vfio_unbound_dev } from '../vfio/types.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOfMembers } from './family.ts'
import { bootKernel } from './boot.ts'

interface Bound extends Record<string, number> {
  readonly iommu_group: number
  /** A device of the IOMMU group, on the vfio group's unbound_list. */
  readonly dev: number
  readonly group: number
}

type Body = (s: Bound) => void

const G = vfio_globals.offset

function boot(member: string): number {
  bootKernel()
  check(workqueue_init() && vfio_core_init({ notifier: member }) === 0, 'vfio_core_init')
  return iommu_group_alloc()
}

/** A vfio group with one reference, which has a device on its unbound_list. */
function setup(member: string): (scene: Scene) => Bound {
  return (scene) => {
    const iommu_group = scene.name(boot(member), 'iommu_group')
    const dev = scene.name(alloc_boot(device.words), 'dev', device)
    write(dev + device.offset.iommu_group, iommu_group)
    const group = scene.name(vfio_group_find_or_alloc(as(dev)), 'group', vfio_group)
    check(group > 0, `no group: ${group}`)
    const unbound = vfio_zalloc(G.unbound_cache, vfio_unbound_dev)
    write(unbound + vfio_unbound_dev.offset.dev, dev)
    list_add(vfio_unbound_dev.at.unbound_next(unbound), vfio_group.at.unbound_list(as(group)))
    return { iommu_group, dev, group }
  }
}

/** The driver core says that the device has no driver any more; then this CPU serves the work queue. */
function unbind({ iommu_group, dev }: Bound): void {
  iommu_group_notify(as(iommu_group), IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER, as(dev))
  while (process_one_work());
}

const last_put: Body = ({ group }) => vfio_group_put(as(group))

/** The device is offered again: the group is found, or made anew. */
function offer({ dev }: Bound): void {
  const found = vfio_group_find_or_alloc(as(dev))
  check(found > 0, `no group: ${found}`)
  vfio_group_put(as(found))
}

function groups(): number {
  return kmem_cache_active(as(read(vfio_root() + G.group_cache)))
}

function nothingLeft(): void {
  check(warning_count() === 0, 'a WARN was raised')
  check(groups() === 0, `${groups()} groups are left`)
}

const common = { finish: nothingLeft, maxSteps: 3000, arenaWords: 1 << 18, fold: ['mem', 'sync', 'kernel'] }
const callback = familyOfMembers<Bound>(setup, common, 'vfio-notifier')

/** What every member shows when the last reference goes beside an event, and when a group is made anew beside both. */
const MEMBERS: readonly (readonly [
  member: string,
  put: Partial<Model<Bound>>,
  offer: Partial<Model<Bound>>,
])[] = [
  ['before', {}, { bound: 1 }],
  ['after', {}, { bound: 1 }],
  ['direct_put', { expect: 'deadlock' }, { expect: 'deadlock' }],
  ['under_lock', {}, { expect: 'deadlock' }],
  ['early_free', { expect: 'data race' }, { expect: 'data race' }],
]

/** Models of the callback. */
export const vfioNotifiers: readonly Model[] = MEMBERS.flatMap(([member, put, made]) => [
  callback(
    '',
    member,
    'a driver is unbound ‖ the last reference to the vfio group goes',
    [unbind, last_put],
    put,
  ),
  callback(
    '-3',
    member,
    'a driver is unbound ‖ the vfio group goes ‖ it is made anew',
    [unbind, last_put, offer],
    made,
  ),
])
