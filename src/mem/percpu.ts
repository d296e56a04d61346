/**
 * Per-CPU data: the same words once per CPU, each copy on its own cache lines.
 *
 * Rules     a CPU writes only its own copy; sums over CPUs are exact only when the algorithm says so (see SRCU).
 * Invariant a freed area goes to the free list of its stride and is zeroed when it is handed out again.
 * Order     the allocator's bit lock is a leaf.
 */
import { read, smp_processor_id, write } from '#access'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot, num_possible_cpus, PERCPU_FREE } from './arena.ts'
import { bit_spin_lock, bit_spin_unlock } from './bit_spinlock.ts'
import { should_fail } from './fault.ts'

/** Largest stride that can be freed and reused, in cache lines. */
const MAX_LINES = 14

/** Words between two CPUs' copies of data this size. */
export function percpuStride(words: number): number {
  return Math.ceil(words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
}

/** Allocates zeroed per-CPU words. Returns the address of CPU 0's copy, or 0 for -ENOMEM. */
export function alloc_percpu(words: number): number {
  if (should_fail()) return 0
  const stride = percpuStride(words)
  const lines = stride / CACHE_LINE_WORDS
  if (lines > MAX_LINES) throw new RangeError(`per-CPU data of ${words} words is too large`)
  const list = PERCPU_FREE + 1 + lines
  bit_spin_lock(0, PERCPU_FREE)
  const area = read(list)
  if (area !== 0) write(list, read(area))
  bit_spin_unlock(0, PERCPU_FREE)
  if (area === 0) return alloc_boot(stride * num_possible_cpus())
  for (let i = 0; i < stride * num_possible_cpus(); i++) write(area + i, 0)
  return area
}

/** Gives an area of alloc_percpu(words) back. 0 is ignored. */
export function free_percpu(area: number, words: number): void {
  if (area === 0) return
  const list = PERCPU_FREE + 1 + percpuStride(words) / CACHE_LINE_WORDS
  bit_spin_lock(0, PERCPU_FREE)
  write(area, read(list))
  write(list, area)
  bit_spin_unlock(0, PERCPU_FREE)
}

/** The running CPU's copy. `stride` is percpuStride of the allocation. */
export function this_cpu_ptr(base: number, stride: number): number {
  return base + smp_processor_id() * stride
}
