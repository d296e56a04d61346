import { beforeEach, describe, expect, test } from 'vitest'
import { as, EBADF, EBUSY, EEXIST, EINVAL, ENODEV, ENOENT, ENOMEM, type Addr } from '#lockstorm/base/index'
import {
  platform_bind,
  platform_device_create,
  platform_init,
  platform_unbind,
} from '#lockstorm/drivers/index'
import {
  delete_module,
  dev_name,
  kernel_init,
  module_load,
  module_ops,
  qstr_of,
  static_name,
} from '#lockstorm/kernel/index'
import { alloc_boot, createArena, fail_nth_seen, set_fail_nth, strings_init } from '#lockstorm/mem/index'
import { NOTIFY_OK, notifier_block, notifier_block_init, notifiers } from '#lockstorm/sync/index'
import * as v from '#lockstorm/vfio/index'

const MODULE = module_ops.define('user.test', {})
const NAME = static_name('vfio_platform')
const LISTENER = notifiers.define('user.test', () => NOTIFY_OK)
const NOBODY = static_name('nobody')

interface World {
  readonly dev: Addr<'device'>
  readonly sibling: Addr<'device'>
  readonly owner: Addr<'module'>
}

/** Two devices of IOMMU group 0, the first bound to vfio-platform. */
function boot(): World {
  createArena(16 << 20, 2)
  strings_init()
  const ret = kernel_init() || v.vfio_core_init()
  if (ret !== 0) throw new Error(`boot: ${ret}`)
  const owner = as<'module'>(module_load(qstr_of(NAME), MODULE))
  if (platform_init(owner) !== 0) throw new Error('platform_init')
  const group = as<'iommu_group'>(v.iommu_group_alloc())
  const [dev = 0, sibling = 0] = [0, 1].map((n) => platform_device_create(n, group))
  v.iommu_group_put(group)
  if (platform_bind('vfio', as(dev)) !== 0) throw new Error('bind')
  return { dev: as(dev), sibling: as(sibling), owner }
}

let w: World
beforeEach(() => {
  w = boot()
})

const name = (): Addr<'qstr'> => dev_name(w.dev)

/** A group file with a container that has a backend. */
function ready(): { group: number; container: number } {
  const container = v.vfio_fops_open()
  const group = v.vfio_group_open(0)
  expect(v.vfio_ioctl_set_container(group, container)).toBe(0)
  expect(v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)).toBe(0)
  return { group, container }
}

describe('a group', () => {
  test('is opened once at a time; what is not there cannot be opened', () => {
    const group = v.vfio_group_open(0)
    expect(group).toBeGreaterThan(0)
    expect(v.vfio_group_open(0)).toBe(-EBUSY)
    expect(v.vfio_group_fops_release(group)).toBe(0)
    expect(v.vfio_group_fops_release(group)).toBe(-EBADF)
    expect(v.vfio_group_fops_release(v.vfio_group_open(0))).toBe(0)
    expect(v.vfio_group_open(1)).toBe(-ENOENT)
    expect(v.vfio_group_open(-1)).toBe(-ENOENT)
  })

  test('that still has a container from before cannot be opened', () => {
    const { group } = ready()
    const device = v.vfio_group_get_device_fd(group, name())
    v.vfio_group_fops_release(group)
    expect(v.vfio_group_open(0)).toBe(-EBUSY)
    v.vfio_device_fops_release(device)
    expect(v.vfio_group_fops_release(v.vfio_group_open(0))).toBe(0)
  })

  test('goes into one container, which must be an open container', () => {
    const [group, container] = [v.vfio_group_open(0), v.vfio_fops_open()]
    expect(v.vfio_ioctl_group_status(group)).toBe(v.VFIO_GROUP_FLAGS_VIABLE)
    expect(v.vfio_ioctl_set_container(group, 0)).toBe(-EBADF)
    expect(v.vfio_ioctl_set_container(group, group)).toBe(-EINVAL)
    expect(v.vfio_ioctl_set_container(container, container)).toBe(-EBADF)
    expect(v.vfio_ioctl_set_container(group, container)).toBe(0)
    expect(v.vfio_ioctl_set_container(group, container)).toBe(-EINVAL)
    expect(v.vfio_ioctl_group_status(group)).toBe(3)
  })

  test('comes out of its container unless it is in none or a device is open', () => {
    const { group } = ready()
    const device = v.vfio_group_get_device_fd(group, name())
    expect(v.vfio_ioctl_unset_container(group)).toBe(-EBUSY)
    v.vfio_device_fops_release(device)
    expect(v.vfio_ioctl_unset_container(group)).toBe(0)
    expect(v.vfio_ioctl_unset_container(group)).toBe(-EINVAL)
    expect(v.vfio_ioctl_unset_container(device)).toBe(-EBADF)
  })
})

describe('a container', () => {
  test('gets a backend only while a group is in it, and only once', () => {
    const [group, container] = [v.vfio_group_open(0), v.vfio_fops_open()]
    expect(v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)).toBe(-EINVAL)
    v.vfio_ioctl_set_container(group, container)
    expect(v.vfio_ioctl_set_iommu(container, 77)).toBe(-EINVAL)
    expect(v.vfio_ioctl_set_iommu(group, v.VFIO_TYPE1_IOMMU)).toBe(-EBADF)
    expect(v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1v2_IOMMU)).toBe(0)
    expect(v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1v2_IOMMU)).toBe(-EINVAL)
  })

  test('loses the backend with the last group, and lives until group and file have left it', () => {
    const { group, container } = ready()
    v.vfio_ioctl_unset_container(group)
    expect(v.vfio_ioctl_set_container(group, container)).toBe(0)
    expect(v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)).toBe(0)
    expect(v.vfio_fops_release(container)).toBe(0)
    expect(v.vfio_counts().containers).toBe(1)
    v.vfio_group_fops_release(group)
    expect(v.vfio_counts().containers).toBe(0)
  })
})

describe('a device file', () => {
  test('needs a container with a backend', () => {
    const [group, container] = [v.vfio_group_open(0), v.vfio_fops_open()]
    expect(v.vfio_group_get_device_fd(container, name())).toBe(-EBADF)
    expect(v.vfio_group_get_device_fd(group, name())).toBe(-EINVAL)
    v.vfio_ioctl_set_container(group, container)
    expect(v.vfio_group_get_device_fd(group, name())).toBe(-EINVAL)
    v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)
    expect(v.vfio_group_get_device_fd(group, name())).toBeGreaterThan(0)
  })

  test('is of a device that is registered by that name', () => {
    const { group } = ready()
    expect(v.vfio_group_get_device_fd(group, qstr_of(NOBODY))).toBe(-ENODEV)
    expect(v.vfio_group_get_device_fd(group, dev_name(w.sibling))).toBe(-ENODEV)
  })

  test('needs a viable group: no host driver on any device of it', () => {
    const { group } = ready()
    platform_bind('stub', w.sibling)
    expect(v.vfio_ioctl_group_status(group)).toBe(3)
    platform_unbind(w.sibling)
    v.vfio_ioctl_unset_container(group)
    platform_bind('host', w.sibling)
    expect(v.vfio_ioctl_group_status(group)).toBe(0)
    const container = v.vfio_fops_open()
    v.vfio_ioctl_set_container(group, container)
    v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)
    expect(v.vfio_group_get_device_fd(group, name())).toBe(-EINVAL)
  })

  test('counts as a user of the container and pins the module of the driver', () => {
    const { group } = ready()
    const [one, two] = [v.vfio_group_get_device_fd(group, name()), v.vfio_group_get_device_fd(group, name())]
    expect(delete_module(w.owner)).toBe(-11)
    v.vfio_group_fops_release(group)
    expect([v.vfio_device_fops_release(one), v.vfio_device_fops_release(one)]).toEqual([0, -EBADF])
    expect(v.vfio_counts().containers).toBe(1)
    v.vfio_device_fops_release(two)
    expect(delete_module(w.owner)).toBe(0)
  })

  test('cannot be had once the module of the driver is going', () => {
    const { group } = ready()
    delete_module(w.owner)
    expect(v.vfio_group_get_device_fd(group, name())).toBe(-ENODEV)
  })

  test('has a channel for requests at the index of a 6.1 kernel', () => {
    const { group } = ready()
    const device = v.vfio_group_get_device_fd(group, name())
    expect([0, 1, 2, 3, 4, 5].map((index) => v.vfio_device_irq_count(device, index))).toEqual([
      1,
      1,
      -EINVAL,
      -EINVAL,
      1,
      -EINVAL,
    ])
    const trigger = as<'eventfd'>(alloc_boot(v.eventfd.words))
    expect(v.vfio_device_set_req_irq(device, 1, trigger)).toBe(-EINVAL)
    expect(v.vfio_device_set_req_irq(group, v.VFIO_PCI_REQ_IRQ_INDEX, trigger)).toBe(-EBADF)
    expect(v.vfio_device_set_req_irq(device, v.VFIO_PCI_REQ_IRQ_INDEX, trigger)).toBe(0)
  })
})

describe('an external user', () => {
  test('needs a usable group and keeps it in its container', () => {
    const [file, container] = [v.vfio_group_open(0), v.vfio_fops_open()]
    expect(v.vfio_group_get_external_user(container)).toBe(-EBADF)
    expect(v.vfio_group_get_external_user(file)).toBe(-EINVAL)
    v.vfio_ioctl_set_container(file, container)
    expect(v.vfio_group_get_external_user(file)).toBe(-EINVAL)
    v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)
    const group = as<'vfio_group'>(v.vfio_group_get_external_user(file))
    expect(v.vfio_group_users(group)).toBe(2)
    expect(v.vfio_ioctl_unset_container(file)).toBe(-EBUSY)
    v.vfio_group_put_external_user(group)
    expect(v.vfio_ioctl_unset_container(file)).toBe(0)
  })

  test("may listen on the group's own chain while somebody uses the group, and leaves it before the group goes", () => {
    const file = ready().group
    const group = as<'vfio_group'>(v.vfio_group_get_external_user(file))
    const nb = as<'notifier_block'>(alloc_boot(notifier_block.words))
    notifier_block_init(nb, LISTENER)
    expect(v.vfio_register_group_notifier(group, nb)).toBe(0)
    expect(v.vfio_register_group_notifier(group, nb)).toBe(-EEXIST)
    expect(v.vfio_unregister_group_notifier(group, nb)).toBe(0)
    expect(v.vfio_unregister_group_notifier(group, nb)).toBe(-ENOENT)
    expect(v.vfio_group_users(group)).toBe(2)
    v.vfio_group_put_external_user(group)
    expect(v.vfio_ioctl_unset_container(file)).toBe(0)
    expect(v.vfio_register_group_notifier(group, nb)).toBe(-EINVAL)
    expect(v.vfio_unregister_group_notifier(group, nb)).toBe(-EINVAL)
  })
})

test('whatever fails on the way to a device file, nothing is left', () => {
  const before = v.vfio_counts()
  const useAndClose = (): number => {
    const fds = [v.vfio_fops_open()]
    const container = fds[0] as number
    if (container < 0) return container
    const group = v.vfio_group_open(0)
    let ret = group
    if (group > 0) {
      ret = v.vfio_ioctl_set_container(group, container) || v.vfio_ioctl_set_iommu(container, 1)
      if (ret === 0) ret = v.vfio_group_get_device_fd(group, name())
      if (ret > 0) ret = v.vfio_device_fops_release(ret)
      v.vfio_group_fops_release(group)
    }
    v.vfio_fops_release(container)
    return ret
  }
  const errors: number[] = []
  for (let nth = 1; ; nth++) {
    set_fail_nth(nth)
    const ret = useAndClose()
    const fired = fail_nth_seen() >= nth
    set_fail_nth(0)
    expect(v.vfio_counts(), `failure ${nth}`).toEqual(before)
    if (!fired) break
    errors.push(ret)
  }
  expect(errors.length).toBeGreaterThan(3)
  expect(new Set(errors)).toEqual(new Set([-ENOMEM]))
})
