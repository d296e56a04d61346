/**
 * When each create and remove was at work, for kernels that have no gauge of their own: the stub and the floor.
 *
 * State   per CPU: number of records, then records of operation, parent, start and end of two words each. A CPU writes only
 *         its own; main reads between rounds.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { CACHE_LINE_WORDS } from '../../../base/constants.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../../../mem/arena.ts'
import type { Work } from '../../../mdev/gauge.ts'

const ROOT = rootAddr('mdev')
const RECORD = 6
const HIGH = 0x1_0000_0000

function log_of(cpu: number): number {
  const base = read(ROOT)
  return base + CACHE_LINE_WORDS + cpu * read(base)
}

/** Makes the logs, with room for so many records per CPU and round. Boot CPU. False when the arena is full. */
export function work_log_init(capacity: number): boolean {
  const stride = Math.ceil((1 + capacity * RECORD) / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const base = alloc_boot(CACHE_LINE_WORDS + stride * num_possible_cpus())
  if (base === 0) return false
  write(base, stride)
  write(ROOT, base)
  return true
}

/** Forgets all records. While no CPU is running. */
export function work_log_reset(): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) write(log_of(cpu), 0)
}

function stamp(at: number): void {
  const now = ktime_get_ns()
  write(at, now)
  write(at + 1, now / HIGH)
}

function record(): number {
  const log = log_of(smp_processor_id())
  return log + 1 + RECORD * read(log)
}

/** Work begins on this CPU. */
export function work_starts(): void {
  stamp(record() + 2)
}

/** It ends, and counts. What is begun and never ended does not. */
export function work_ends(operation: number, parent: number): void {
  const at = record()
  stamp(at + 4)
  write(at, operation)
  write(at + 1, parent)
  const log = log_of(smp_processor_id())
  write(log, read(log) + 1)
}

function time(at: number): number {
  return (read(at) >>> 0) + (read(at + 1) >>> 0) * HIGH
}

/** The pieces of work of the last round on a CPU. Main. */
export function work_log_read(cpu: number): Work[] {
  const log = log_of(cpu)
  return Array.from({ length: read(log) }, (_, i): Work => {
    const at = log + 1 + RECORD * i
    return { operation: read(at), parent: read(at + 1), startNs: time(at + 2), endNs: time(at + 4) }
  })
}
