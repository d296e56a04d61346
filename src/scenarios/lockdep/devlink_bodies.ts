/**
 * The lock pattern of an mdev remove (T1) and a devlink mode change (T2), with the functions of the drivers that met in 2019.
 * The second runs strictly after the first: nothing ever waits.
 */
import { futex_wait, READ_ONCE, WRITE_ONCE } from '#access'
import { installObserver } from '../../trace/observers.ts'
import { Lockdep } from '../../debug/index.ts'
import type { Addr } from '../../base/addr.ts'
import * as sync from '../../sync/index.ts'

/** A look every millisecond: others need the core. */
const NAP_NS = 1_000_000

/** The locks of the pattern, and the word by which T2 waits for the end of T1. */
export interface DevlinkArg {
  readonly cb_lock: Addr<'rw_semaphore'>
  readonly genl_mutex: Addr<'mutex'>
  readonly devlink_mutex: Addr<'mutex'>
  readonly unreg_sem: Addr<'rw_semaphore'>
  readonly unreg_srcu: Addr<'srcu_struct'>
  readonly gate: 'rwsem' | 'srcu'
  readonly turn: number
}

/** Boot CPU: makes the locks, so that their classes are known. */
export function init(_cpu: number, _cpus: number, arg: DevlinkArg): void {
  installObserver(new Lockdep())
  sync.init_rwsem(arg.cb_lock, 'cb_lock')
  sync.mutex_init(arg.genl_mutex, 'genl_mutex')
  sync.mutex_init(arg.devlink_mutex, 'devlink_mutex')
  sync.init_rwsem(arg.unreg_sem, '&parent->unreg_sem')
  sync.init_srcu_struct(arg.unreg_srcu, '&parent->unreg_srcu')
}

function devlink_unregister(arg: DevlinkArg): void {
  sync.mutex_lock(arg.devlink_mutex)
  sync.mutex_unlock(arg.devlink_mutex)
}
function mlx5_sf_unload(arg: DevlinkArg): void {
  devlink_unregister(arg)
}
function mdev_device_remove_common(arg: DevlinkArg): void {
  mlx5_sf_unload(arg)
}
function mdev_device_remove(arg: DevlinkArg): void {
  if (arg.gate === 'srcu') {
    const idx = sync.srcu_read_lock(arg.unreg_srcu)
    mdev_device_remove_common(arg)
    sync.srcu_read_unlock(arg.unreg_srcu, idx)
  } else if (sync.down_read_trylock(arg.unreg_sem)) {
    mdev_device_remove_common(arg)
    sync.up_read(arg.unreg_sem)
  }
}
function remove_store(arg: DevlinkArg): void {
  mdev_device_remove(arg)
}

function mdev_unregister_device(arg: DevlinkArg): void {
  if (arg.gate === 'srcu') {
    sync.synchronize_srcu(arg.unreg_srcu)
  } else {
    sync.down_write(arg.unreg_sem)
    sync.up_write(arg.unreg_sem)
  }
}
function mlx5_eswitch_disable(arg: DevlinkArg): void {
  mdev_unregister_device(arg)
}
function devlink_nl_pre_doit(arg: DevlinkArg): void {
  sync.mutex_lock(arg.devlink_mutex)
}
function genl_rcv_msg(arg: DevlinkArg): void {
  sync.mutex_lock(arg.genl_mutex)
  devlink_nl_pre_doit(arg)
  mlx5_eswitch_disable(arg)
  sync.mutex_unlock(arg.devlink_mutex)
  sync.mutex_unlock(arg.genl_mutex)
}
function genl_rcv(arg: DevlinkArg): void {
  sync.down_read(arg.cb_lock)
  genl_rcv_msg(arg)
  sync.up_read(arg.cb_lock)
}

/** T1 on CPU 0, then T2 on CPU 1. */
export function run(cpu: number, _cpus: number, arg: DevlinkArg): void {
  installObserver(new Lockdep())
  while (READ_ONCE(arg.turn) !== cpu) futex_wait(arg.turn, 0, NAP_NS)
  if (cpu === 0) remove_store(arg)
  else genl_rcv(arg)
  WRITE_ONCE(arg.turn, cpu + 1)
}
