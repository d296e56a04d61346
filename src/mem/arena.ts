/**
 * The arena: one SharedArrayBuffer that holds every word of kernel state.
 *
 *   0            NULL page, never used
 *   64           header: magic, size, number of CPUs; brk; per-CPU free lists
 *   128          roots (roots.ts)
 *   256          one task_struct per CPU (task.ts), each on its own cache lines
 *   brk …        grows upwards; nothing is ever given back to it (slab.ts recycles)
 *   … end        what detectors reserved (reserve_top)
 *
 * Invariant   brk only grows, by whole cache lines when asked for alignment, and never passes the size.
 * Context     any; alloc_boot neither sleeps nor takes a lock.
 */
import { attach, cmpxchg, memory, read, READ_ONCE, write } from '#access'
import { CACHE_LINE_WORDS, NR_CPUS, NULL_PAGE_WORDS } from '../base/constants.ts'
import { ROOTS, type RootName } from './roots.ts'
import { TASK_WORDS, task_of } from './task.ts'

const MAGIC = 0x6d64_6576
const HEADER = NULL_PAGE_WORDS
const SIZE = HEADER + 1
const CPUS = HEADER + 2
/** The end of what has been handed out. */
export const BRK = HEADER + CACHE_LINE_WORDS
/** Free lists of per-CPU areas: a bit lock, then one list head per stride in cache lines. Used by percpu.ts. */
export const PERCPU_FREE = HEADER + 2 * CACHE_LINE_WORDS
const ROOT_BASE = 128
const TASK_BASE = 256

/** Bytes that `createArena` needs before the first allocation for that many CPUs. */
export function arenaOverheadBytes(cpus: number): number {
  return (TASK_BASE + cpus * TASK_WORDS) * 4
}

/**
 * Makes an arena and attaches this thread to it as CPU 0.
 * @param bytes size; rounded up to whole cache lines
 * @param cpus number of CPUs, 1 to 256
 * @throws RangeError when the size or the number of CPUs is out of range, or the memory cannot be had
 */
export function createArena(bytes: number, cpus: number): SharedArrayBuffer {
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > NR_CPUS) {
    throw new RangeError(`an arena is for 1 to ${NR_CPUS} CPUs, not ${cpus}`)
  }
  const least = arenaOverheadBytes(cpus)
  if (!(bytes >= least))
    throw new RangeError(`an arena for ${cpus} CPUs needs ${least} bytes or more, not ${bytes}`)
  const line = CACHE_LINE_WORDS * 4
  const sab = new SharedArrayBuffer(Math.ceil(bytes / line) * line)
  formatArena(sab, cpus)
  return sab
}

/** Makes an arena of memory that is there and zero, and attaches this thread to it as CPU 0. */
export function formatArena(sab: SharedArrayBuffer, cpus: number): void {
  attachArena(sab, 0)
  write(HEADER, MAGIC)
  write(SIZE, sab.byteLength / 4)
  write(CPUS, cpus)
  write(BRK, TASK_BASE + cpus * TASK_WORDS)
}

/** Makes `sab` this thread's memory and `cpu` its CPU number. Every CPU calls it once, before any kernel code. */
export function attachArena(sab: SharedArrayBuffer, cpu: number): void {
  attach(new Int32Array(sab), cpu, task_of(cpu))
}

/** Number of CPUs of the attached arena. */
export function num_possible_cpus(): number {
  return read(CPUS)
}

/** Number of CPUs of an arena that this thread need not be attached to. */
export function arenaCpus(view: Int32Array): number {
  return view[CPUS] as number
}

/** Words of the attached arena. */
export function arenaWords(): number {
  return memory().length
}

/** Words below brk: what has been handed out at least once. */
export function arenaUsedWords(): number {
  return READ_ONCE(BRK)
}

/**
 * Takes words from brk, for good. They are zero.
 * @param count number of words
 * @param align alignment in words, a power of two
 * @returns the address, or 0 when the arena is full
 */
export function alloc_boot(count: number, align: number = CACHE_LINE_WORDS): number {
  for (;;) {
    const old = READ_ONCE(BRK)
    const start = (old + align - 1) & -align
    const end = start + count
    if (end > read(SIZE)) return 0
    if (cmpxchg(BRK, old, end) === old) return start
  }
}

/**
 * Takes words from the end of the arena, for good: for detectors that keep something about every word below. They are zero.
 * Boot CPU only.
 * @returns the address, or 0 when less than `count` is left
 */
export function reserve_top(count: number): number {
  const lines = Math.ceil(count / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const start = read(SIZE) - lines
  if (start < READ_ONCE(BRK)) return 0
  write(SIZE, start)
  return start
}

/** Words that alloc_boot can reach: the arena without what was reserved at its end. */
export function arenaLimit(): number {
  return read(SIZE)
}

const rootIndex = new Map<string, number>(ROOTS.map((name, index) => [name, ROOT_BASE + index]))

/** Fixed address of a root word. Keep it in a module constant; `read(ROOT)` then gives the globals struct. */
export function rootAddr(name: RootName): number {
  return rootIndex.get(name) as number
}
