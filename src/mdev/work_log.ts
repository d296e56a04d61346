/**
 * A log of when each create and remove was at work. From it a reader computes how many were in flight at any moment, in the system
 * and per parent.
 *
 * State     capacity, words per CPU; per CPU: number of records, then records of [operation, parent, start, end], times of two words.
 *           A CPU writes only its own; the machine reads between rounds.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot, num_possible_cpus } from '../mem/arena.ts'
import { read_wide, write_wide } from '../mem/wide.ts'

export const WORK_CREATE = 1
export const WORK_REMOVE = 2

const RECORD = 6
/** Words before CPU 0's records. */
const HEADER = CACHE_LINE_WORDS

/** One piece of work, times in nanoseconds of the monotonic clock. */
export interface Work {
  readonly operation: number
  readonly parent: number
  readonly startNs: number
  readonly endNs: number
}

/** Makes a log with room for `capacity` records per CPU. Boot CPU. Returns 0 when the arena is full. */
export function work_log_alloc(capacity: number): number {
  const stride = Math.ceil((CACHE_LINE_WORDS + capacity * RECORD) / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const log = alloc_boot(HEADER + stride * num_possible_cpus())
  if (log === 0) return 0
  write(log, capacity)
  write(log + 1, stride)
  return log
}

function mine(log: number, cpu: number): number {
  return log + HEADER + cpu * read(log + 1)
}

function recordAt(own: number, i: number): number {
  return own + CACHE_LINE_WORDS + i * RECORD
}

/** Work begins on this CPU. What is begun and never ended does not count. */
export function work_begins(log: number, operation: number, parent: number): void {
  const own = mine(log, smp_processor_id())
  const count = read(own)
  if (count >= read(log)) return
  const record = recordAt(own, count)
  write(record, operation)
  write(record + 1, parent)
  write_wide(record + 2, ktime_get_ns())
}

/** The work that began last on this CPU is done. */
export function work_ends(log: number): void {
  const own = mine(log, smp_processor_id())
  const count = read(own)
  if (count >= read(log)) return
  write_wide(recordAt(own, count) + 4, ktime_get_ns())
  write(own, count + 1)
}

/** Forgets all records. While no CPU is running. */
export function work_log_reset(log: number): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) write(mine(log, cpu), 0)
}

/** Records of a CPU since the last reset. While it is not running. */
export function work_log_read(log: number, cpu: number): Work[] {
  const own = mine(log, cpu)
  return Array.from({ length: read(own) }, (_, i): Work => {
    const at = recordAt(own, i)
    const [startNs, endNs] = [read_wide(at + 2), read_wide(at + 4)]
    return { operation: read(at), parent: read(at + 1), startNs, endNs }
  })
}
