/**
 * The work gauge: a log of when each create and remove was at work, that is between passing the namespace and the gate
 * and being done. From it a reader computes how many were in flight at any moment, in the system and per parent.
 *
 * State     per CPU: number of records, then records of [operation, parent, start high, start low, end high, end low].
 *           A CPU writes only its own; the machine reads between rounds.
 * Cost      two clock reads per operation while it is on; one plain load while it is off.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import type { Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { mdev_globals, mdev_parent } from './types.ts'

export const WORK_CREATE = 1
export const WORK_REMOVE = 2

const RECORD = 6
const HIGH = 0x1_0000_0000
const ROOT = rootAddr('mdev')
const GAUGE = mdev_globals.offset.gauge
const INDEX = mdev_parent.offset.index

/** One piece of work, times in nanoseconds of the monotonic clock. */
export interface Work {
  readonly operation: number
  readonly parent: number
  readonly startNs: number
  readonly endNs: number
}

/** Words before CPU 0's log: capacity and stride. */
const HEADER = CACHE_LINE_WORDS

/** Switches the gauge on, with room for `capacity` records per CPU and round. Returns false when the arena is full. */
export function gauge_init(capacity: number): boolean {
  const stride = Math.ceil((CACHE_LINE_WORDS + capacity * RECORD) / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const gauge = alloc_boot(HEADER + stride * num_possible_cpus())
  if (gauge === 0) return false
  write(gauge, capacity)
  write(gauge + 1, stride)
  write(read(ROOT) + GAUGE, gauge)
  return true
}

function log_of(gauge: number, cpu: number): number {
  return gauge + HEADER + cpu * read(gauge + 1)
}

function stamp(at: number): void {
  const now = ktime_get_ns()
  write(at, now / HIGH)
  write(at + 1, now)
}

/** Work begins on this CPU. */
export function gauge_enter(operation: number, parent: Addr<'mdev_parent'>): void {
  const gauge = read(read(ROOT) + GAUGE)
  if (gauge === 0) return
  const log = log_of(gauge, smp_processor_id())
  const count = read(log)
  if (count >= read(gauge)) return
  const record = log + CACHE_LINE_WORDS + count * RECORD
  write(record, operation)
  write(record + 1, read(parent + INDEX))
  stamp(record + 2)
}

/** The work that began last on this CPU is done. */
export function gauge_leave(): void {
  const gauge = read(read(ROOT) + GAUGE)
  if (gauge === 0) return
  const log = log_of(gauge, smp_processor_id())
  const count = read(log)
  if (count >= read(gauge)) return
  stamp(log + CACHE_LINE_WORDS + count * RECORD + 4)
  write(log, count + 1)
}

/** Forgets all records. While no CPU is running. */
export function gauge_reset(): void {
  const gauge = read(read(ROOT) + GAUGE)
  if (gauge === 0) return
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) write(log_of(gauge, cpu), 0)
}

function time(at: number): number {
  return (read(at) >>> 0) * HIGH + (read(at + 1) >>> 0)
}

/** Records of a CPU since the last reset. While it is not running. */
export function gauge_read(cpu: number): Work[] {
  const gauge = read(read(ROOT) + GAUGE)
  if (gauge === 0) return []
  const log = log_of(gauge, cpu)
  return Array.from({ length: read(log) }, (_, i) => {
    const record = log + CACHE_LINE_WORDS + i * RECORD
    return {
      operation: read(record),
      parent: read(record + 1),
      startNs: time(record + 2),
      endNs: time(record + 4),
    }
  })
}
