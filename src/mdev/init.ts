/**
 * Start of the mdev core on the boot CPU.
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { bus_register } from '../kernel/device/bus.ts'
import {
  bus_ops,
  bus_type,
  device,
  device_driver,
  driver_ops,
  type Device,
} from '../kernel/device/device_struct.ts'
import { driver_init, driver_register } from '../kernel/device/driver.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { workqueue_init } from '../kernel/workqueue.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { INIT_LIST_HEAD } from '../mem/list.ts'
import { kmem_cache_create } from '../mem/slab.ts'
import { mutex_init } from '../sync/index.ts'
import { mdev_groups, mdev_remove_attr } from './attributes.ts'
import { mdev_compat_make } from './compat.ts'
import { gateId } from './gates/index.ts'
import { to_mdev_device } from './identity.ts'
import { sharded_init } from './namespaces/sharded.ts'
import { mdev_device_create_ops, mdev_device_remove_ops } from './sequences/steps.ts'
import { strategyId, type Strategy } from './strategies.ts'
import { mdev_device, mdev_globals, mdev_parent, mdev_type } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset
const DRIVER = device.offset.driver
const MDEV = static_name('mdev')

/** Since 5.14 (88a21f265ce5) no driver takes a device by itself: create says which. */
const mdev_bus_ops = bus_ops.define('mdev', { match: () => 0 })

/** The bus calls the driver (until c68ea0d00ad8, 5.16). The IOMMU group that it makes around that is in vfio_mdev here. */
function mdev_remove(dev: Device): void {
  driver_ops.get(read(read(dev + DRIVER) + device_driver.offset.ops)).remove?.(dev)
}
/** Before 5.14 (88a21f265ce5) there was no match function: every driver of the bus matches every device. */
const mdev_bus_ops_of_old = bus_ops.define('mdev of old', { remove: mdev_remove })

/** The driver of any vendor, for the sequence driver_probe. */
const vendor_driver_ops = driver_ops.define('mdev vendor', {
  probe: (dev) => mdev_device_create_ops(to_mdev_device(dev)),
  remove: (dev) => mdev_device_remove_ops(to_mdev_device(dev)),
})

/**
 * Boots the core with a strategy. Returns 0 or a negative errno. The kernel must have been booted.
 * @param devices that the machine is to hold; more only make look-ups slower
 */
export function mdev_init(strategy: Strategy, devices = 0): number {
  const g = alloc_boot(mdev_globals.words)
  const bus = alloc_boot(bus_type.words)
  if (g === 0 || bus === 0) return -ENOMEM
  write(ROOT, g)
  write(g + G.strategy, strategyId(strategy))
  write(g + G.gate, gateId(strategy.gate))
  write(g + G.pin, strategy.gate.guarded || strategy.namespace.findsByReference === true ? 1 : 0)
  write(g + G.bus, bus)
  write(g + G.device_groups, strategy.removeIsAttribute ? mdev_groups : 0)
  write(g + G.remove_attr, mdev_remove_attr)
  mutex_init(mdev_globals.at.parent_list_lock(as(g)), 'parent_list_lock')
  mutex_init(mdev_globals.at.mdev_list_lock(as(g)), 'mdev_list_lock')
  mutex_init(mdev_globals.at.alias_lock(as(g)), 'mdev_alias_lock')
  INIT_LIST_HEAD(mdev_globals.at.alias_list(as(g)))
  INIT_LIST_HEAD(mdev_globals.at.parent_list(as(g)))
  INIT_LIST_HEAD(mdev_globals.at.mdev_list(as(g)))
  write(g + G.parent_cache, kmem_cache_create(mdev_parent))
  write(g + G.type_cache, kmem_cache_create(mdev_type))
  write(g + G.device_cache, kmem_cache_create(mdev_device))
  if (read(g + G.device_cache) === 0) return -ENOMEM
  // For unregistrations that are put off.
  if (strategy.gate.close !== undefined && !workqueue_init()) return -ENOMEM
  const ops = strategy.sequence.vendorIsDriver ? mdev_bus_ops : mdev_bus_ops_of_old
  return sharded_init(devices) || bus_register(as(bus), qstr_of(MDEV), ops) || mdev_compat_make()
}

/**
 * mdev_register_driver: a driver on the mdev bus: a vendor's, to be bound by create (sequence driver_probe), or one for all mdevs.
 * @param name static_name key
 * @param ops id of driver_ops; without it, the vendor's create and remove are probe and remove
 * @param owner module of the driver, NULL for built-in
 * @returns the driver or a negative errno
 */
export function mdev_register_driver(
  name: number,
  ops = vendor_driver_ops,
  owner: Addr<'module'> = NULL,
): number {
  const drv = alloc_boot(device_driver.words) as Addr<'device_driver'>
  if (drv === 0) return -ENOMEM
  driver_init(drv, qstr_of(name), as(read(read(ROOT) + G.bus)), owner, ops)
  const ret = driver_register(drv)
  return ret === 0 ? drv : ret
}
