/**
 * Memory of lock_stat: counters per CPU and class, and the locks each CPU holds, with when it took them.
 *
 * Invariant   a CPU writes only its own counters; a sum over CPUs is exact while they rest. The one exception: a waiter adds to
 *             `contended` of the holder's entry, atomically.
 * Source      kernel/locking/lockdep.c (CONFIG_LOCK_STAT)
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_fill, raw_read } from '../../mem/raw.ts'
import { lock_classes_init } from '../lock_class.ts'
import { publishRoot } from '../root.ts'

const lock_stat_globals = struct('lock_stat_globals', {
  cpus: word,
  classes: word,
  stats: word,
  held: word,
  /** 1: count; 0: look away. */
  on: word,
})
export const LS = lock_stat_globals.offset
const ROOT = rootAddr('lock_stat')

/** Entries of `con_bounces`, `acq_bounces`, times and points: [writing, reading]. */
export const CON_BOUNCES = 0
export const ACQ_BOUNCES = 2
export const WAIT_TIME = 4
export const HOLD_TIME = 20
/** Words of one time: how often, padding, then least, most and sum as doubles of nanoseconds. */
export const TIME_WORDS = 8
export const T_NR = 0
export const T_MIN = 2
export const T_MAX = 4
export const T_TOTAL = 6
export const CONTENTION_COUNT = 36
export const CONTENDING_COUNT = 40
/** Words of one class on one CPU. */
const STAT_WORDS = 48
export const POINTS = 4

/** Words of a held lock: lock, class, mode, waiters that came while it was held, since when, waiting since when. */
export const H_LOCK = 0
export const H_CLASS = 1
export const H_MODE = 2
export const H_CONTENDED = 3
export const H_SINCE = 4
export const H_WAIT_SINCE = 6
export const HELD_WORDS = 8
export const MAX_HELD = 48
const HELD_STRIDE = 16 + MAX_HELD * HELD_WORDS

/** Choices of a run. */
export interface LockStatOptions {
  /** Most classes; a class beyond them is not counted. */
  readonly maxClasses?: number
}

/** Sets lock_stat up. Boot CPU only, before locks are initialised. False when the arena is too small. */
export function lock_stat_init({ maxClasses = 256 }: LockStatOptions = {}): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  if (!lock_classes_init(Math.max(maxClasses, 1024))) return false
  const cpus = num_possible_cpus()
  const globals = alloc_boot(lock_stat_globals.words)
  const stats = alloc_boot(cpus * (maxClasses + 1) * STAT_WORDS)
  const held = alloc_boot(cpus * HELD_STRIDE)
  if ([globals, stats, held].includes(0)) return false
  publishRoot(ROOT, globals, LS, { cpus, classes: maxClasses, stats, held, on: 1 })
  return true
}

/** The globals, 0 if lock_stat was not set up. Valid after raw_attach. */
export function lock_stat_root(): number {
  return raw_read(ROOT)
}

/** Counters of a class on a CPU. */
export function statOf(globals: number, cpu: number, cls: number): number {
  const index = cpu * (raw_read(globals + LS.classes) + 1) + cls
  return raw_read(globals + LS.stats) + index * STAT_WORDS
}

/** Record of a CPU's held locks; its first word is their number. */
export function heldBy(globals: number, cpu: number): number {
  return raw_read(globals + LS.held) + cpu * HELD_STRIDE
}

/** Address of held entry i. */
export function heldEntry(held: number, i: number): number {
  return held + 16 + i * HELD_WORDS
}

/** Sets all counters to zero: writing 0 to /proc/lock_stat. `view`: the arena, if this thread is not attached to it. */
export function lock_stat_clear(view?: Int32Array): void {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return
  const words = raw_read(globals + LS.cpus) * (raw_read(globals + LS.classes) + 1) * STAT_WORDS
  raw_fill(raw_read(globals + LS.stats), 0, words)
}
