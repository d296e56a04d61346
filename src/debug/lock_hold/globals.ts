/**
 * Memory of lock_hold: how often each CPU has held each of the named locks longer.
 *
 * Invariant   a CPU writes only its own counters; a sum over CPUs is exact while they rest.
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../../mem/arena.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_fill, raw_read, raw_store } from '../../mem/raw.ts'
import { lock_classes_init } from '../lock_class.ts'
import { publishRoot } from '../root.ts'

const lock_hold_globals = struct('lock_hold_globals', {
  cpus: word,
  holds: word,
  /** Words of a CPU's counters: whole cache lines. */
  stride: word,
  counts: word,
  /** 1: hold longer and count; 0: look away. */
  on: word,
})
export const LH = lock_hold_globals.offset
const ROOT = rootAddr('lock_hold')
const CLASSES = 1024

/** A class of locks that is held longer than its users need. */
export interface LockHoldPlan {
  /** Name of the class: `kernfs_rwsem`. */
  readonly lock: string
  /** Nanoseconds; 0 counts the acquisitions and holds nothing longer. */
  readonly ns: number
}

/** Sets it up, switched off. Boot CPU only, before locks are initialised. False when the arena is too small. */
export function lock_hold_init(plan: readonly LockHoldPlan[]): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  if (!lock_classes_init(CLASSES)) return false
  const cpus = num_possible_cpus()
  const stride = Math.ceil(plan.length / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const globals = alloc_boot(lock_hold_globals.words)
  const counts = alloc_boot(cpus * stride)
  if ([globals, counts].includes(0)) return false
  publishRoot(ROOT, globals, LH, { cpus, holds: plan.length, stride, counts })
  return true
}

/** The globals, 0 if it was not set up. Valid after raw_attach. */
export function lock_hold_root(): number {
  return raw_read(ROOT)
}

/** Counter of a CPU for the hold of this index. */
export function countOf(globals: number, cpu: number, index: number): number {
  return raw_read(globals + LH.counts) + cpu * raw_read(globals + LH.stride) + index
}

/** From now on locks are held longer; counters begin at zero. `view`: the arena, if this thread is not attached to it. */
export function lock_hold_begin(view?: Int32Array): void {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return
  raw_fill(raw_read(globals + LH.counts), 0, raw_read(globals + LH.cpus) * raw_read(globals + LH.stride))
  raw_store(globals + LH.on, 1)
}

/** How often each lock of the plan was held longer, in its order. `view`: as above. */
export function lockHolds(view?: Int32Array): number[] {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return []
  const cpus = Array.from({ length: raw_read(globals + LH.cpus) }, (_, cpu) => cpu)
  return Array.from({ length: raw_read(globals + LH.holds) }, (_, index) =>
    cpus.reduce((sum, cpu) => sum + raw_read(countOf(globals, cpu, index)), 0),
  )
}
