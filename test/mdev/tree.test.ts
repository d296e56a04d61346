import { beforeEach, describe, expect, test } from 'vitest'
import { EACCES } from '#lockstorm/base/index'
import { sysfs_list, sysfs_read, sysfs_readlink, sysfs_write } from '#lockstorm/kernel/index'
import { strategyNamed } from '#lockstorm/mdev/index'
import { boot, devDir, strategies, typeDir, uuid } from './machine.ts'

describe.each(strategies)('the tree under %s', (strategy) => {
  beforeEach(() => {
    boot(strategy)
    sysfs_write(`${typeDir(0)}/create`, uuid(1))
  })

  test('a type has its files, and its devices are links', () => {
    const files = ['available_instances', 'create', 'description', 'device_api', 'devices', 'name']
    expect(sysfs_list(typeDir(0))).toEqual(files)
    expect(sysfs_read(`${typeDir(0)}/name`)).toBe('GRID M60-0B\n')
    expect(sysfs_read(`${typeDir(0)}/device_api`)).toBe('vfio-pci\n')
    expect(sysfs_readlink(`${typeDir(0)}/devices/${uuid(1)}`)).toBe(`../../../${uuid(1)}`)
  })

  test('the links lead where the kernel lets them lead', () => {
    const device = `../../../devices/virtual/nvidia/gpu0/${uuid(1)}`
    expect(sysfs_readlink(`/sys/bus/mdev/devices/${uuid(1)}`)).toBe(device)
    expect(sysfs_readlink(`${devDir(uuid(1))}/mdev_type`)).toBe('../mdev_supported_types/nvidia-35')
    expect(sysfs_readlink('/sys/class/mdev_bus/gpu0')).toBe('../../devices/virtual/nvidia/gpu0')
    expect(sysfs_readlink(`${devDir(uuid(1))}/subsystem`)).toBe('../../../../../bus/mdev')
  })

  test('a device has remove, mdev_type, subsystem and uevent', () => {
    const files = sysfs_list(devDir(uuid(1))) as string[]
    const driver = strategyNamed(strategy)?.sequence.vendorIsDriver === true ? ['driver'] : []
    expect(files).toEqual([...driver, 'mdev_type', 'remove', 'subsystem', 'uevent'])
  })

  test('files cannot be opened against their mode, not even by root', () => {
    expect(sysfs_read(`${typeDir(0)}/create`)).toBe(-EACCES)
    expect(sysfs_write(`${typeDir(0)}/available_instances`, '1')).toBe(-EACCES)
    expect(sysfs_read(`${devDir(uuid(1))}/remove`)).toBe(-EACCES)
  })
})
