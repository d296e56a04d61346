/**
 * A request of user space: `devlink dev eswitch set pci/<device> mode switchdev|legacy`.
 *
 *   genl_rcv                                 cb_lock (read)
 *     genl_rcv_msg                           genl_mutex
 *       devlink_nl_pre_doit                  devlink_mutex, kept; or, with locks per instance, that of the instance
 *         devlink_nl_cmd_eswitch_set_doit    the driver's eswitch_mode_set
 *       devlink_nl_post_doit                 gives it back
 *   devlink_settle                           the driver's eswitch_mode_settle, if it has asked for it: no lock is held
 *
 * Invariant   while a request runs, its instance stays registered.
 * Context     process, may sleep.
 * Errors      -ENODEV: no such instance; -EINVAL: it has no eswitch; what the driver answers.
 * Source      net/netlink/genetlink.c, net/core/devlink.c, 5.4
 */
import { read } from '#access'
import { trace_enter, trace_leave } from '#trace'
import type { Addr } from '../../base/addr.ts'
import { EINVAL, ENODEV } from '../../base/errno.ts'
import { down_read, mutex_lock, mutex_unlock, up_read } from '../../sync/index.ts'
import {
  devlink_get_from_dev,
  devlink_mutex,
  devlink_per_instance,
  devlink_put,
  devlink_root,
} from './devlink.ts'
import { devlink, devlink_globals, devlink_ops, TO_SETTLE, type Devlink } from './types.ts'

const D = devlink.offset
const { cb_lock, genl_mutex } = devlink_globals.at

/** The system call with its message. Returns 0 or a negative errno. */
export function devlink_eswitch_set(dev: Addr<'device'>, mode: number): number {
  const ret = genl_rcv(dev, mode)
  return ret > 0 ? devlink_settle(ret as Devlink) : ret
}

/** As netdev_run_todo after rtnl: what waits for others waits here. */
function devlink_settle(dl: Devlink): number {
  trace_enter('devlink_settle')
  devlink_ops.get(read(dl + D.ops)).eswitch_mode_settle?.(read(dl + D.data))
  devlink_put(dl)
  trace_leave('devlink_settle')
  return 0
}

/** Answers 0 or a negative errno; or the instance, with its reference, where the driver has something to settle. */
function genl_rcv(dev: Addr<'device'>, mode: number): number {
  trace_enter('genl_rcv')
  const g = devlink_root()
  down_read(cb_lock(g))
  const ret = genl_rcv_msg(dev, mode)
  up_read(cb_lock(g))
  trace_leave('genl_rcv')
  return ret
}

function genl_rcv_msg(dev: Addr<'device'>, mode: number): number {
  const g = devlink_root()
  mutex_lock(genl_mutex(g))
  const ret = genl_family_rcv_msg(dev, mode)
  mutex_unlock(genl_mutex(g))
  return ret
}

function genl_family_rcv_msg(dev: Addr<'device'>, mode: number): number {
  const dl = devlink_nl_pre_doit(dev)
  if (dl < 0) return dl
  const ret = devlink_nl_cmd_eswitch_set_doit(dl as Devlink, mode)
  devlink_nl_post_doit(dl as Devlink)
  if (ret === TO_SETTLE) return dl
  devlink_put(dl as Devlink)
  return ret
}

/** Finds the instance and takes what is held over the request. Returns it, or -ENODEV with nothing held. */
function devlink_nl_pre_doit(dev: Addr<'device'>): number {
  trace_enter('devlink_nl_pre_doit')
  mutex_lock(devlink_mutex())
  const dl = devlink_get_from_dev(dev)
  if (dl === 0 || devlink_per_instance()) mutex_unlock(devlink_mutex())
  const ret = dl === 0 || (devlink_per_instance() && !lock_instance(dl)) ? -ENODEV : dl
  trace_leave('devlink_nl_pre_doit')
  return ret
}

/** False if it went while we waited; the reference is given back then. */
function lock_instance(dl: Devlink): boolean {
  mutex_lock(devlink.at.lock(dl))
  if (read(dl + D.registered) === 1) return true
  mutex_unlock(devlink.at.lock(dl))
  devlink_put(dl)
  return false
}

function devlink_nl_cmd_eswitch_set_doit(dl: Devlink, mode: number): number {
  trace_enter('devlink_nl_cmd_eswitch_set_doit')
  const ops = devlink_ops.get(read(dl + D.ops))
  const ret = ops.eswitch_mode_set?.(read(dl + D.data), mode) ?? -EINVAL
  trace_leave('devlink_nl_cmd_eswitch_set_doit')
  return ret
}

function devlink_nl_post_doit(dl: Devlink): void {
  mutex_unlock(devlink_per_instance() ? devlink.at.lock(dl) : devlink_mutex())
}
