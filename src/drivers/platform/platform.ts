/**
 * A bus whose devices share IOMMU groups, with three drivers that a user binds by hand: vfio-platform gives a device to user space,
 * host keeps it, pci-stub does nothing with it. What the mail on vfio's group notifier needs, and mdevs do not have: groups of
 * several devices, and drivers that come and go in them.
 *
 * Invariant   a bound vfio-platform device has a vfio_device as its driver's word.
 * Order       device_lock → vfio's locks; the group's chain is called under device_lock.
 * Context     may sleep. Unbinding vfio-platform blocks while somebody uses the device.
 * Source      drivers/vfio/platform, drivers/base/platform.c, by behaviour
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { bus_register } from '../../kernel/device/bus.ts'
import { device_driver_attach, device_release_driver } from '../../kernel/device/dd.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { device_unregister } from '../../kernel/device/device_del.ts'
import {
  dev_get_drvdata,
  dev_name,
  dev_set_drvdata,
  device_initialize,
  put_device,
} from '../../kernel/device/device.ts'
import {
  bus_ops,
  bus_type,
  device,
  device_driver,
  device_releases,
  driver_ops,
  type Device,
} from '../../kernel/device/device_struct.ts'
import { driver_init, driver_register } from '../../kernel/device/driver.ts'
import { qstr_set_number } from '../../kernel/qstr.ts'
import { qstr_of, static_name, string_of } from '../../kernel/static_name.ts'
import type { Module } from '../../kernel/module_struct.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { struct, embed, ptr } from '../../mem/layout.ts'
import { kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import { vfio_init_group_dev } from '../../vfio/device.ts'
import { iommu_bus_init } from '../../vfio/iommu_bus.ts'
import { iommu_group_add_device } from '../../vfio/iommu_member.ts'
import { vfio_register_group_dev, vfio_unregister_group_dev } from '../../vfio/register.ts'
import { vfio_relay_request } from '../../vfio/request.ts'
import { vfio_device, vfio_device_ops } from '../../vfio/types.ts'

const platform_globals = struct('platform_globals', {
  bus: embed(bus_type),
  vfio: embed(device_driver),
  host: embed(device_driver),
  stub: embed(device_driver),
  dev_cache: ptr('kmem_cache'),
  vfio_cache: ptr('kmem_cache'),
})
const ROOT = rootAddr('platform')
const G = platform_globals.offset
const at = platform_globals.at
const D = device.offset
const PLATFORM = static_name('platform')
const DEV_NAME = static_name('dev')
const VFIO = static_name('vfio-platform')
const HOST = static_name('host')
const STUB = static_name('pci-stub')

const platform_bus_ops = bus_ops.define('platform', {})
const nothing = driver_ops.define('platform.host', { probe: () => 0, remove: () => {} })
const release = device_releases.define('platform_device_release', (dev) => {
  kmem_cache_free(as(read(read(ROOT) + G.dev_cache)), device, dev)
})
const vfio_platform_ops = vfio_device_ops.define('vfio-platform', {
  name: 'vfio-platform',
  request: vfio_relay_request,
})

function vfio_cache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + G.vfio_cache))
}

function vfio_platform_probe(dev: Device): number {
  const vdev = kmem_cache_zalloc(vfio_cache(), vfio_device)
  if (vdev === 0) return -ENOMEM
  vfio_init_group_dev(vdev, dev, vfio_platform_ops, 0)
  dev_set_drvdata(dev, vdev)
  const error = vfio_register_group_dev(vdev)
  if (error !== 0) kmem_cache_free(vfio_cache(), vfio_device, vdev)
  return error
}

const vfio_platform_driver = driver_ops.define('vfio-platform', {
  probe: vfio_platform_probe,
  remove(dev) {
    const vdev = as<'vfio_device'>(dev_get_drvdata(dev))
    vfio_unregister_group_dev(vdev)
    kmem_cache_free(vfio_cache(), vfio_device, vdev)
  },
})

/** Makes the bus and its drivers. Boot CPU, after vfio. `owner`: module of vfio-platform. Returns 0 or a negative errno. */
export function platform_init(owner: Module = as(0)): number {
  const g = alloc_boot(platform_globals.words) as Addr<'platform_globals'>
  if (g === 0) return -ENOMEM
  write(g + G.dev_cache, kmem_cache_create(device))
  write(g + G.vfio_cache, kmem_cache_create(vfio_device))
  if (read(g + G.vfio_cache) === 0) return -ENOMEM
  write(ROOT, g)
  const bus = at.bus(g)
  const ret = bus_register(bus, qstr_of(PLATFORM), platform_bus_ops) || iommu_bus_init(bus)
  if (ret !== 0) return ret
  // Devices are bound by hand: they join their group first.
  write(bus + bus_type.offset.drivers_autoprobe, 0)
  driver_init(at.vfio(g), qstr_of(VFIO), bus, owner, vfio_platform_driver)
  driver_init(at.host(g), qstr_of(HOST), bus, as(0), nothing)
  driver_init(at.stub(g), qstr_of(STUB), bus, as(0), nothing)
  return driver_register(at.vfio(g)) || driver_register(at.host(g)) || driver_register(at.stub(g))
}

/** A driver of the bus. */
function platform_driver(which: 'vfio' | 'host' | 'stub'): Addr<'device_driver'> {
  return at[which](as(read(ROOT)))
}

/** A new device, dev<index>, in the IOMMU group, unbound. Returns it or a negative errno. */
export function platform_device_create(index: number, group: Addr<'iommu_group'>): number {
  const g = as<'platform_globals'>(read(ROOT))
  const dev = kmem_cache_zalloc(as<'kmem_cache'>(read(g + G.dev_cache)), device)
  if (dev === 0) return -ENOMEM
  device_initialize(dev)
  write(dev + D.bus, at.bus(g))
  write(dev + D.release, release)
  qstr_set_number(dev_name(dev), string_of(DEV_NAME), index)
  let error = device_add(dev)
  if (error === 0) {
    error = iommu_group_add_device(group, dev)
    if (error === 0) return dev
    device_unregister(dev)
    return error
  }
  put_device(dev)
  return error
}

/** Removes a device: its driver is unbound, it leaves its group. */
export function platform_device_destroy(dev: Device): void {
  device_unregister(dev)
}

/** Binds a device. Returns 0 or a negative errno. */
export function platform_bind(which: 'vfio' | 'host' | 'stub', dev: Device): number {
  return device_driver_attach(platform_driver(which), dev)
}

/** Unbinds it from whatever has it. */
export function platform_unbind(dev: Device): void {
  device_release_driver(dev)
}
