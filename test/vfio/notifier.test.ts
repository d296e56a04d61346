import { describe, expect, test } from 'vitest'
import { write } from '#lockstorm/mem/access.fast'
import { as, ENOENT, type Addr } from '#lockstorm/base/index'
import {
  platform_bind,
  platform_device_create,
  platform_device_destroy,
  platform_init,
  platform_unbind,
} from '#lockstorm/drivers/index'
import {
  dev_name,
  kernel_init,
  kernel_reports,
  process_one_work,
  workqueue_init,
  type KernelReport,
} from '#lockstorm/kernel/index'
import { alloc_boot, createArena, set_fail_nth, strings_init } from '#lockstorm/mem/index'
import {
  blocking_notifier_chain_register,
  notifier_block,
  notifier_block_init,
  notifiers,
  NOTIFY_OK,
} from '#lockstorm/sync/index'
import { vfio_group } from '#lockstorm/vfio/types'
import * as v from '#lockstorm/vfio/index'

const heard: number[] = []
const listener = notifiers.define('notifier.test', (_nb, event) => {
  heard.push(event)
  return NOTIFY_OK
})

interface World {
  readonly group: Addr<'iommu_group'>
  readonly devices: readonly Addr<'device'>[]
  readonly vgroup: Addr<'vfio_group'>
}

/** Three devices of one IOMMU group, the first bound to vfio-platform. */
function boot(notifier: string): World {
  createArena(16 << 20, 2)
  strings_init()
  const ret =
    kernel_init() || (workqueue_init() ? 0 : -1) || v.vfio_core_init({ notifier }) || platform_init()
  if (ret !== 0) throw new Error(`boot: ${ret}`)
  const group = as<'iommu_group'>(v.iommu_group_alloc())
  const devices = [0, 1, 2].map((n) => as<'device'>(platform_device_create(n, group)))
  if (platform_bind('vfio', devices[0] as Addr<'device'>) !== 0) throw new Error('bind')
  const vgroup = as<'vfio_group'>(v.vfio_group_find_or_alloc(devices[0] as Addr<'device'>))
  v.vfio_group_put(vgroup)
  serve()
  heard.length = 0
  return { group, devices, vgroup }
}

function serve(): void {
  while (process_one_work());
}

function dev({ devices }: World, n: number): Addr<'device'> {
  return devices[n] as Addr<'device'>
}

/** A user who has the first device open. */
function use(w: World): () => void {
  const [container, file] = [v.vfio_fops_open(), v.vfio_group_open(0)]
  v.vfio_ioctl_set_container(file, container)
  v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)
  const device = v.vfio_group_get_device_fd(file, dev_name(dev(w, 0)))
  expect(device).toBeGreaterThan(0)
  return () => {
    v.vfio_device_fops_release(device)
    v.vfio_group_fops_release(file)
    v.vfio_fops_release(container)
  }
}

function titles(kind: KernelReport['kind']): string[] {
  return kernel_reports()
    .filter((one) => one.kind === kind)
    .map(({ title }) => title)
}

describe.each(['before', 'after'])('the notifier of %s', (notifier) => {
  test('does nothing in an idle group, whatever comes', () => {
    const w = boot(notifier)
    platform_device_create(3, w.group)
    platform_bind('host', dev(w, 1))
    platform_unbind(dev(w, 1))
    platform_bind('stub', dev(w, 2))
    serve()
    expect(kernel_reports()).toEqual([])
    expect(v.vfio_counts()).toMatchObject({ groups: 1, unbound: 0, putWorks: 0 })
  })

  test('lets drivers come to a live group that touch nothing, and go', () => {
    const w = boot(notifier)
    const close = use(w)
    expect(platform_bind('stub', dev(w, 1))).toBe(0)
    expect(platform_bind('vfio', dev(w, 2))).toBe(0)
    platform_unbind(dev(w, 1))
    platform_unbind(dev(w, 2))
    close()
    serve()
    expect(kernel_reports()).toEqual([])
  })

  test('is a BUG when a host driver is bound in a live group', () => {
    const w = boot(notifier)
    use(w)
    expect(() => platform_bind('host', dev(w, 1))).toThrow('kernel BUG')
    expect(titles('oops')).toEqual(['kernel BUG at drivers/vfio/vfio.c!'])
  })

  test('warns of a device that joins a live group', () => {
    const w = boot(notifier)
    const close = use(w)
    platform_device_create(3, w.group)
    expect(titles('warning')).toEqual(['dev3: Device added to live group 0!'])
    close()
  })

  test('warns once of a device that is registered before it joins', () => {
    const w = boot(notifier)
    v.iommu_group_notify(w.group, v.IOMMU_GROUP_NOTIFY_ADD_DEVICE, dev(w, 0))
    v.iommu_group_notify(w.group, v.IOMMU_GROUP_NOTIFY_ADD_DEVICE, dev(w, 0))
    expect(titles('warning')).toEqual([
      'vfio_group_nb_add_dev: dev0 is registered before it joins its IOMMU group',
    ])
  })

  test('forgets an unbound device when its driver is gone, and keeps the group viable until then', () => {
    const w = boot(notifier)
    platform_bind('vfio', dev(w, 1))
    platform_unbind(dev(w, 1))
    expect(v.vfio_counts().unbound).toBe(0)
    expect(v.vfio_group_viable(w.vgroup)).toBe(true)
  })

  test('leaves nothing when the group goes', () => {
    const w = boot(notifier)
    for (const one of w.devices) {
      platform_unbind(one)
      platform_device_destroy(one)
    }
    serve()
    const { iommuGroups, iommuGroupNumbers, ...left } = v.vfio_counts()
    expect(Object.values(left).filter((count) => count !== 0)).toEqual([])
    expect([iommuGroups, iommuGroupNumbers]).toEqual([1, 1])
  })
})

describe('events of an IOMMU group', () => {
  test('reach every block of its chain: joining, leaving, drivers that come and go', () => {
    const w = boot('after')
    const nb = as<'notifier_block'>(alloc_boot(notifier_block.words))
    notifier_block_init(nb, listener)
    expect(v.iommu_group_register_notifier(w.group, nb)).toBe(0)
    const four = as<'device'>(platform_device_create(4, w.group))
    platform_bind('host', four)
    platform_unbind(four)
    platform_device_destroy(four)
    expect(heard).toEqual([1, 3, 4, 5, 6, 2])
    expect(v.iommu_group_unregister_notifier(w.group, nb)).toBe(0)
    expect(v.iommu_group_unregister_notifier(w.group, nb)).toBe(-ENOENT)
  })
})

describe('the assertions at the release of a group', () => {
  const USERS = vfio_group.offset.container_users

  test('device_list must be empty: a reference was put that nobody had', () => {
    const { vgroup } = boot('after')
    v.vfio_group_put(vgroup)
    expect(titles('warning')).toEqual(['vfio_group_release: device_list is not empty'])
  })

  test.each([
    ['after', ['vfio_group_release: container_users is not 0']],
    ['before', []],
  ])('container_users must be 0: asserted by %s', (notifier, expected) => {
    const w = boot(notifier)
    write(w.vgroup + USERS, 1)
    platform_unbind(dev(w, 0))
    serve()
    expect(titles('warning').filter((title) => title.includes('container_users'))).toEqual(expected)
  })

  test('the group notifier must be empty', () => {
    const w = boot('after')
    const nb = as<'notifier_block'>(alloc_boot(notifier_block.words))
    notifier_block_init(nb, listener)
    blocking_notifier_chain_register(vfio_group.at.notifier(w.vgroup), nb)
    platform_unbind(dev(w, 0))
    expect(titles('warning')).toEqual([
      'vfio_group_release: somebody is registered on the notifier of the group',
    ])
  })
})

describe('the notifier of old without memory', () => {
  test('cannot put its reference: the group is leaked, with a warning', () => {
    const w = boot('before')
    set_fail_nth(1)
    v.iommu_group_notify(w.group, v.IOMMU_GROUP_NOTIFY_BIND_DRIVER, dev(w, 1))
    set_fail_nth(0)
    expect(titles('warning')).toEqual(['vfio_group_schedule_put: no memory, the group is leaked'])
    platform_unbind(dev(w, 0))
    serve()
    expect(v.vfio_counts().groups).toBe(1)
  })

  test('an unbound device is not remembered, with a warning', () => {
    const w = boot('after')
    set_fail_nth(1)
    platform_unbind(dev(w, 0))
    set_fail_nth(0)
    expect(titles('warning')).toEqual(['vfio_unregister_group_dev: no memory for an unbound device'])
    expect(v.vfio_counts().groups).toBe(0)
  })
})

test('a device is offered once: -EBUSY and a warning for the second time', () => {
  const w = boot('after')
  const again = as<'vfio_device'>(alloc_boot(256))
  v.vfio_init_group_dev(again, dev(w, 0), 0, 0)
  expect(v.vfio_register_group_dev(again)).toBe(-16)
  expect(titles('warning')).toEqual(['dev0: Device already exists on group 0'])
})
