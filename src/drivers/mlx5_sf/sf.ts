/**
 * Subfunctions: what the vendor makes for an mdev, and the driver that serves it.
 *
 * Invariant   a bound subfunction has a registered devlink instance of its own; it is the device's driver data.
 * Order       the driver's probe and remove register and unregister that instance: device_lock, and the core's gate if the core
 *             probes or removes, → devlink_mutex.
 * Errors      create: -ENOSPC when the function is fully divided, -ENOMEM. probe: -ENOMEM.
 * Known flaw  the probe follows the driver word of the mdev: where the device is on the bus before its vendor has made it (up
 *             to 5.1), that word is NULL. This is problem 3 of the mail of March 2019.
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENOMEM, ENOSPC } from '../../base/errno.ts'
import { dev_get_drvdata, dev_set_drvdata } from '../../kernel/device/device.ts'
import { driver_ops, type Device } from '../../kernel/device/device_struct.ts'
import { oops } from '../../kernel/oops.ts'
import { static_name } from '../../kernel/static_name.ts'
import { ida_alloc, ida_free } from '../../mem/bitmap.ts'
import { should_fail } from '../../mem/fault.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import { mdev_get_drvdata, mdev_set_drvdata, strategy } from '../../mdev/core.ts'
import { to_mdev_device } from '../../mdev/identity.ts'
import { mdev_register_driver } from '../../mdev/init.ts'
import { mdev_device_create_ops, mdev_device_remove_ops } from '../../mdev/sequences/steps.ts'
import { mdev_device } from '../../mdev/types.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'
import {
  devlink_alloc,
  devlink_free,
  devlink_ops,
  devlink_register,
  devlink_unregister,
} from '../devlink/index.ts'
import { mlx5_core, MLX5_MAX_SFS, mlx5_sf } from './types.ts'

const M = mlx5_core.offset
const SF = mlx5_sf.offset
const dev_of = mdev_device.at.dev
const MLX5_SF = static_name('mlx5_sf')
const SF_DEVLINK_OPS = devlink_ops.define('mlx5_sf', {})

/** The vendor's create: a number on the function, and the object that goes with it. */
export function mlx5_sf_create(mdev: Addr<'mdev_device'>, data: number): number {
  if (should_fail()) return -ENOSPC
  const number = ida_alloc(data + M.sfs, MLX5_MAX_SFS)
  if (number < 0) return number
  const sf = kmem_cache_zalloc(as<'kmem_cache'>(read(data + M.sf_cache)), mlx5_sf)
  if (sf === 0) {
    ida_free(data + M.sfs, number)
    return -ENOMEM
  }
  vendor_cost(COST_CREATE)
  write(sf + SF.number, number)
  mdev_set_drvdata(mdev, sf)
  const error = read(data + M.loads) === 1 ? mlx5_sf_load(dev_of(mdev)) : 0
  if (error !== 0) mlx5_sf_destroy(mdev, data)
  return error
}

/** The vendor's remove. Never refuses. */
export function mlx5_sf_destroy(mdev: Addr<'mdev_device'>, data: number): number {
  const sf = mdev_get_drvdata(mdev)
  if (read(data + M.loads) === 1 && dev_get_drvdata(dev_of(mdev)) !== 0) mlx5_sf_unload(dev_of(mdev))
  vendor_cost(COST_REMOVE)
  mdev_set_drvdata(mdev, 0)
  ida_free(data + M.sfs, read(sf + SF.number))
  kmem_cache_free(as(read(data + M.sf_cache)), mlx5_sf, sf)
  return 0
}

/** Subfunction of a device, for who is about to follow it. */
function sf_of(dev: Device): Addr<'mlx5_sf'> {
  const sf = mdev_get_drvdata(to_mdev_device(dev))
  // In the words of its day: f28b11a2abd9, after the mails, changed them.
  if (sf === 0) oops('BUG: unable to handle kernel NULL pointer dereference at', SF.number, NULL, 1)
  return as(sf)
}

function mlx5_sf_load(dev: Device): number {
  trace_enter('mlx5_sf_load')
  const dl = devlink_alloc(dev, SF_DEVLINK_OPS, sf_of(dev), 1)
  if (dl > 0) {
    dev_set_drvdata(dev, dl)
    devlink_register(as(dl))
  }
  trace_leave('mlx5_sf_load')
  return Math.min(dl, 0)
}

function mlx5_sf_unload(dev: Device): void {
  trace_enter('mlx5_sf_unload')
  const dl = as<'devlink'>(dev_get_drvdata(dev))
  devlink_unregister(dl)
  devlink_free(dl)
  trace_leave('mlx5_sf_unload')
}

/** Driver of the mdev bus before 5.14 (88a21f265ce5), beside the vendor's create and remove. */
const MLX5_SF_DRIVER = driver_ops.define('mlx5_sf', { probe: mlx5_sf_load, remove: mlx5_sf_unload })

/** Since 5.14 (88a21f265ce5): the vendor's create and remove are in the driver's probe and remove. */
export const MLX5_SF_VENDOR_DRIVER: number = driver_ops.define('mlx5_sf vendor', {
  probe(dev) {
    let error = mdev_device_create_ops(to_mdev_device(dev))
    if (error !== 0) return error
    error = mlx5_sf_load(dev)
    if (error !== 0) mdev_device_remove_ops(to_mdev_device(dev))
    return error
  },
  remove(dev) {
    mlx5_sf_unload(dev)
    mdev_device_remove_ops(to_mdev_device(dev))
  },
})

/**
 * Loads the driver of subfunctions: it binds those that are there, and from now on each new one. Where the vendor brings its
 * driver itself there is nothing to do.
 * @returns 0 or a negative errno
 */
export function mlx5_sf_driver_load(): number {
  if (strategy().sequence.vendorIsDriver) return 0
  return Math.min(mdev_register_driver(MLX5_SF, MLX5_SF_DRIVER), 0)
}
