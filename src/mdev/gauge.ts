/**
 * The work gauge: the log of creates and removes of the mdev core, which counts one as at work between passing the namespace and the
 * gate and being done.
 *
 * Cost      two clock reads per operation while it is on; one plain load while it is off.
 */
import { read, write } from '#access'
import type { Addr } from '../base/addr.ts'
import { rootAddr } from '../mem/arena.ts'
import { mdev_globals, mdev_parent } from './types.ts'
import {
  work_begins,
  work_ends,
  work_log_alloc,
  work_log_read,
  work_log_reset,
  type Work,
} from './work_log.ts'

const ROOT = rootAddr('mdev')
const GAUGE = mdev_globals.offset.gauge
const INDEX = mdev_parent.offset.index

function gauge(): number {
  return read(read(ROOT) + GAUGE)
}

/** Switches the gauge on, with room for `capacity` records per CPU and round. Returns false when the arena is full. */
export function gauge_init(capacity: number): boolean {
  const log = work_log_alloc(capacity)
  write(read(ROOT) + GAUGE, log)
  return log !== 0
}

/** Work begins on this CPU. */
export function gauge_enter(operation: number, parent: Addr<'mdev_parent'>): void {
  const log = gauge()
  if (log !== 0) work_begins(log, operation, read(parent + INDEX))
}

/** The work that began last on this CPU is done. */
export function gauge_leave(): void {
  const log = gauge()
  if (log !== 0) work_ends(log)
}

/** Forgets all records. While no CPU is running. */
export function gauge_reset(): void {
  if (gauge() !== 0) work_log_reset(gauge())
}

/** Records of a CPU since the last reset. While it is not running. */
export function gauge_read(cpu: number): Work[] {
  return gauge() === 0 ? [] : work_log_read(gauge(), cpu)
}
