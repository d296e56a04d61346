/**
 * The eswitch of a function: in switchdev mode the function is an mdev parent, in legacy mode it is not.
 *
 * Order    the request's devlink locks → all that registering and unregistering a parent takes. Known flaw of 2019: a device
 *          whose driver unregisters a devlink instance of its own takes the two the other way round when it is removed, and a
 *          mode change that finds such a device waits for its own devlink_mutex. A driver may declare another way (types.ts): it
 *          begins under the locks and ends without them.
 * Context  process, may sleep.
 * Source   mlx5_devlink_eswitch_mode_set, esw_offloads_disable; thread of November 2019
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { EINVAL } from '../../base/errno.ts'
import { dev_printk } from '../../kernel/device/device.ts'
import { KERN_INFO } from '../../kernel/printk.ts'
import { static_name } from '../../kernel/static_name.ts'
import { mdev_unregister_deferred } from '../../mdev/deferred.ts'
import {
  in_halves,
  mdev_unregister_begin,
  mdev_unregister_device,
  mdev_unregister_finish,
} from '../../mdev/unregister.ts'
import { devlink_ops, ESWITCH_LEGACY, ESWITCH_SWITCHDEV, TO_SETTLE } from '../devlink/index.ts'
import { parent_register } from '../parents.ts'
import { mlx5_core, MLX5_AT_ONCE, MLX5_DEFERRED, MLX5_IN_HALVES, MLX5_VFS } from './types.ts'

const M = mlx5_core.offset
const ENABLE = static_name('E-Switch: Enable: mode(OFFLOADS), nvfs(%d), active vports(%d)')
const DISABLE = static_name('E-Switch: Disable: mode(OFFLOADS), nvfs(%d), active vports(%d)')

function device_of(data: number): Addr<'device'> {
  return as(read(data + M.dev))
}

function esw_offloads_enable(data: number): number {
  return parent_register(read(data + M.index))
}

/** Takes the parent back, as this driver does it: 0, TO_SETTLE, or -EBUSY with nothing changed. */
function esw_offloads_disable(data: number): number {
  const dev = device_of(data)
  const how = in_halves() ? read(data + M.unregisters) : MLX5_AT_ONCE
  if (how === MLX5_DEFERRED) return mdev_unregister_deferred(dev)
  if (how === MLX5_IN_HALVES) return mdev_unregister_begin(dev) ? TO_SETTLE : 0
  mdev_unregister_device(dev)
  return 0
}

/** Second half of a declared change: nobody's lock is held. */
function mlx5_devlink_eswitch_mode_settle(data: number): void {
  mdev_unregister_finish(device_of(data))
}

function mlx5_eswitch_enable(data: number): number {
  dev_printk(KERN_INFO, device_of(data), ENABLE, MLX5_VFS, MLX5_VFS + 1)
  return esw_offloads_enable(data)
}

function mlx5_eswitch_disable(data: number): number {
  trace_enter('mlx5_eswitch_disable')
  dev_printk(KERN_INFO, device_of(data), DISABLE, MLX5_VFS, MLX5_VFS + 1)
  const ret = esw_offloads_disable(data)
  trace_leave('mlx5_eswitch_disable')
  return ret
}

function mlx5_devlink_eswitch_mode_set(data: number, mode: number): number {
  if (mode !== ESWITCH_LEGACY && mode !== ESWITCH_SWITCHDEV) return -EINVAL
  if (read(data + M.mode) === mode) return 0
  trace_enter('mlx5_devlink_eswitch_mode_set')
  const ret = mode === ESWITCH_LEGACY ? mlx5_eswitch_disable(data) : mlx5_eswitch_enable(data)
  if (ret >= 0) write(data + M.mode, mode)
  trace_leave('mlx5_devlink_eswitch_mode_set')
  return ret
}

/** Operations of a function's devlink instance. */
export const MLX5_DEVLINK_OPS: number = devlink_ops.define('mlx5_core', {
  eswitch_mode_set: mlx5_devlink_eswitch_mode_set,
  eswitch_mode_settle: mlx5_devlink_eswitch_mode_settle,
})
