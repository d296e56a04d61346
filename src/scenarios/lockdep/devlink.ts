/**
 * The lockdep report of the mail of 2019: T1 removes an mdev, then T2 changes a devlink mode. They never overlap, nobody
 * waits, and yet the order in which they take unreg_sem and devlink_mutex can deadlock.
 */
import type { Addr } from '../../base/addr.ts'
import { findings, type Finding } from '../../debug/findings.ts'
import { lockdep_init, type LockdepOptions } from '../../debug/lockdep/index.ts'
import { runBodies } from '../../machine/bodies.ts'
import { alloc_boot, createArena } from '../../mem/arena.ts'
import { mutex, rw_semaphore, srcu_struct } from '../../sync/index.ts'
import type { DevlinkArg } from './devlink_bodies.ts'

/** What keeps unregistering and removing apart. */
export const DEVLINK_GATES = ['rwsem', 'srcu'] as const
export type DevlinkGate = (typeof DEVLINK_GATES)[number]

/**
 * Runs T1, then T2, on two workers of the checked build. Returns what lockdep reported, until the signal if that comes first.
 */
export async function devlink(
  gate: DevlinkGate,
  options: LockdepOptions = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Finding[]> {
  const sab = createArena(1 << 23, 2)
  lockdep_init(options)
  const arg: DevlinkArg = {
    cb_lock: alloc_boot(rw_semaphore.words) as Addr<'rw_semaphore'>,
    genl_mutex: alloc_boot(mutex.words) as Addr<'mutex'>,
    devlink_mutex: alloc_boot(mutex.words) as Addr<'mutex'>,
    unreg_sem: alloc_boot(rw_semaphore.words) as Addr<'rw_semaphore'>,
    unreg_srcu: alloc_boot(srcu_struct.words) as Addr<'srcu_struct'>,
    gate,
    turn: alloc_boot(1),
  }
  const module = new URL('./devlink_bodies.js', import.meta.url)
  const common = { sab, module, arg, checked: true, signal }
  try {
    if (!signal.aborted) await runBodies({ ...common, cpus: 1, body: 'init' })
    if (!signal.aborted) await runBodies({ ...common, cpus: 2, body: 'run' })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return findings()
}
