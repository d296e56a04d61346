/**
 * mlx5: a network card that is an mdev parent while its eswitch is in switchdev mode. Each mdev is a subfunction with a devlink
 * instance of its own, which is how mdev and devlink came to wait for each other in the mail of November 2019.
 *
 * Invariant   a plugged function has a registered devlink instance.
 * Context     process, may sleep.
 * Errors      see sf.ts and eswitch.ts.
 * Source      [PATCH net-next 00/19] mlx5 subfunctions through mdev, November 2019; never merged
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { kmem_cache_create } from '../../mem/slab.ts'
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { bitmap_weight } from '../../mem/bitmap.ts'
import {
  devlink_alloc,
  devlink_eswitch_set,
  devlink_free,
  devlink_init,
  devlink_register,
  devlink_unregister,
  ESWITCH_SWITCHDEV,
} from '../devlink/index.ts'
import { parent_device, parent_kinds, parent_vendor_data } from '../parents.ts'
import { MLX5_DEVLINK_OPS } from './eswitch.ts'
import { mlx5_sf_create, mlx5_sf_destroy, MLX5_SF_VENDOR_DRIVER } from './sf.ts'
import { mlx5_core, MLX5_AT_ONCE, MLX5_MAX_SFS, mlx5_sf } from './types.ts'

const M = mlx5_core.offset

const mlx5_sf_ops: VendorOps = {
  name: 'mlx5_core',
  types: [{ sysfs_name: 'local', name: 'mlx5 subfunction', description: '', device_api: 'mlx5-sf' }],
  create: mlx5_sf_create,
  remove: mlx5_sf_destroy,
  available: (data) => MLX5_MAX_SFS - bitmap_weight(data + M.sfs, 1),
  get_alias_length: (data) => read(data + M.alias_length),
}

/** Id of the operations. */
const MLX5_SF_OPS: number = vendors.define('mlx5_sf', mlx5_sf_ops)

/** The function registers its devlink instance before it offers itself for division. */
function plugged(data: number, dev: Addr<'device'>, index: number): number {
  write(data + M.dev, dev)
  write(data + M.index, index)
  const dl = devlink_alloc(dev, MLX5_DEVLINK_OPS, data, 0)
  if (dl < 0) return dl
  write(data + M.devlink, dl)
  devlink_register(as(dl))
  return 0
}

/** After it no request reaches the function. */
function unplugging(data: number): void {
  const dl = as<'devlink'>(read(data + M.devlink))
  devlink_unregister(dl)
  devlink_free(dl)
}

/** Functions as parents: 0000:06:00.0, 0000:06:00.1, … in switchdev mode. */
export const MLX5_SF_PARENTS: number = parent_kinds.define('mlx5_sf', {
  ops: MLX5_SF_OPS,
  dataWords: mlx5_core.words,
  driver: MLX5_SF_VENDOR_DRIVER,
  boot: devlink_init,
  init(data) {
    write(data + M.mode, ESWITCH_SWITCHDEV)
    write(data + M.sfs, 0)
    write(data + M.unregisters, MLX5_AT_ONCE)
    write(data + M.loads, 0)
    write(data + M.alias_length, 0)
    write(data + M.sf_cache, kmem_cache_create(mlx5_sf))
  },
  plugged,
  unplugging,
  deviceName: (index) => `0000:06:00.${index}`,
})

/** Declares a change of the driver: from here on the function's changes of mode unregister so (MLX5_*). */
export function mlx5_unregisters(index: number, how: number): void {
  write(parent_vendor_data(index) + M.unregisters, how)
}

/** Declares another change: from here on the function's create and remove do what a driver of the mdev bus did in its probe and remove. */
export function mlx5_loads_in_create(index: number): void {
  write(parent_vendor_data(index) + M.loads, 1)
}

/** `devlink dev eswitch set pci/<function> mode …`. Returns 0, -ENODEV or what the change answers. */
export function mlx5_mode_set(index: number, mode: number): number {
  return devlink_eswitch_set(parent_device(index), mode)
}
