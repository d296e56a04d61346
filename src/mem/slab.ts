/**
 * Slab caches: objects of one size, recycled through a small magazine per CPU and a shared depot.
 *
 * Invariant   allocated − freed, summed over CPUs, is the number of live objects; 0 after a clean run.
 *             A free object's first word links it to the next one in the depot.
 * Order       the depot bit is a leaf: nothing is taken under it.
 * Context     any; never sleeps. kmem_cache_alloc returns 0 when the arena is full or a fault is injected.
 * Source      mm/slub.c; Bonwick & Adams, "Magazines and Vmem", 2001.
 */
import { read, smp_processor_id, write } from '#access'
import {
  kasan_disable_current,
  kasan_enable_current,
  trace_alloc,
  trace_free,
  trace_quarantine,
  trace_redzone,
  trace_slab,
} from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot, num_possible_cpus } from './arena.ts'
import { bit_spin_lock, bit_spin_unlock } from './bit_spinlock.ts'
import { should_fail } from './fault.ts'
import { struct, word, type Layout } from './layout.ts'

/** Objects a magazine holds; half of it moves to or from the depot at once. */
const MAGAZINE = 28
const HALF = MAGAZINE / 2
/** Words per CPU: count, allocations, frees, one spare, then the objects. Two cache lines. */
const PER_CPU = 2 * CACHE_LINE_WORDS
const COUNT = 0
const ALLOCS = 1
const FREES = 2
const OBJECTS = 4

/** Shared part of a cache. */
export const kmem_cache = struct('kmem_cache', {
  /** Bit 0 guards `depot`. */
  lock: word,
  /** First free object outside the magazines. */
  depot: word,
  /** Words of one object, padding included. */
  object_words: word,
  /** Per-CPU magazines. */
  magazines: word,
  /** Objects ever carved from the arena. */
  carved: word,
})
const LOCK = kmem_cache.offset.lock
const DEPOT = kmem_cache.offset.depot
const OBJECT_WORDS = kmem_cache.offset.object_words
const MAGAZINES = kmem_cache.offset.magazines
const CARVED = kmem_cache.offset.carved

/** Objects of a cache line or more start on a line; smaller ones are packed to a power of two. */
function paddedWords(count: number): number {
  if (count >= CACHE_LINE_WORDS) return Math.ceil(count / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  return 2 ** Math.ceil(Math.log2(Math.max(count, 2)))
}

/**
 * Makes a cache for objects of this layout. Boot CPU only.
 * @returns the cache, or 0 when the arena is full
 */
export function kmem_cache_create(layout: Layout): Addr<'kmem_cache'> {
  const cache = alloc_boot(kmem_cache.words)
  const magazines = alloc_boot(num_possible_cpus() * PER_CPU)
  if (cache === 0 || magazines === 0) return as(0)
  write(cache + OBJECT_WORDS, paddedWords(layout.words + trace_redzone()))
  write(cache + MAGAZINES, magazines)
  return as(cache)
}

/**
 * Takes an object. Its words are not cleared: use kmem_cache_zalloc for that.
 * @returns the object, or 0 for -ENOMEM
 */
export function kmem_cache_alloc<S extends string>(
  cache: Addr<'kmem_cache'>,
  layout: Layout & { readonly name: S },
): Addr<S> {
  if (should_fail()) return as(0)
  const magazine = read(cache + MAGAZINES) + smp_processor_id() * PER_CPU
  let count = read(magazine + COUNT)
  if (count === 0) {
    count = refill(cache, magazine)
    if (count === 0) return as(0)
  }
  count--
  write(magazine + COUNT, count)
  write(magazine + ALLOCS, read(magazine + ALLOCS) + 1)
  const object = read(magazine + OBJECTS + count)
  trace_alloc(object, layout.words, layout.name)
  return as(object)
}

/** kmem_cache_alloc with all words of the layout zero. */
export function kmem_cache_zalloc<S extends string>(
  cache: Addr<'kmem_cache'>,
  layout: Layout & { readonly name: S },
): Addr<S> {
  const object = kmem_cache_alloc(cache, layout)
  if (object !== 0) for (let i = 0; i < layout.words; i++) write(object + i, 0)
  return object
}

/** Gives an object back. NULL is ignored. */
export function kmem_cache_free(cache: Addr<'kmem_cache'>, layout: Layout, object: number): void {
  if (object === 0) return
  trace_free(object, layout.words, layout.name)
  const frees = read(cache + MAGAZINES) + smp_processor_id() * PER_CPU + FREES
  write(frees, read(frees) + 1)
  if (!trace_quarantine(cache, object)) __kmem_cache_free(cache, object)
}

/** Makes a freed object available again, without counting: for whoever kept it in quarantine. */
export function __kmem_cache_free(cache: number, object: number): void {
  const magazine = read(cache + MAGAZINES) + smp_processor_id() * PER_CPU
  let count = read(magazine + COUNT)
  if (count === MAGAZINE) {
    flush(cache, magazine)
    count = HALF
  }
  write(magazine + OBJECTS + count, object)
  write(magazine + COUNT, count + 1)
}

/** Fills an empty magazine by half, from the depot or from fresh memory. Returns its new count. */
function refill(cache: Addr<'kmem_cache'>, magazine: number): number {
  let count = 0
  bit_spin_lock(0, cache + LOCK)
  kasan_disable_current()
  let object = read(cache + DEPOT)
  while (object !== 0 && count < HALF) {
    write(magazine + OBJECTS + count++, object)
    object = read(object)
  }
  write(cache + DEPOT, object)
  kasan_enable_current()
  bit_spin_unlock(0, cache + LOCK)
  if (count === 0) count = carve(cache, magazine)
  write(magazine + COUNT, count)
  return count
}

/** Takes fresh objects from the arena: half a magazine, or as many as still fit. */
function carve(cache: Addr<'kmem_cache'>, magazine: number): number {
  const size = read(cache + OBJECT_WORDS)
  const align = Math.min(size, CACHE_LINE_WORDS)
  for (let want = HALF; want > 0; want >>= 1) {
    const fresh = alloc_boot(want * size, align)
    if (fresh === 0) continue
    trace_slab(fresh, want * size)
    for (let i = 0; i < want; i++) write(magazine + OBJECTS + i, fresh + i * size)
    bit_spin_lock(0, cache + LOCK)
    write(cache + CARVED, read(cache + CARVED) + want)
    bit_spin_unlock(0, cache + LOCK)
    return want
  }
  return 0
}

/** Moves the upper half of a full magazine to the depot. */
function flush(cache: number, magazine: number): void {
  bit_spin_lock(0, cache + LOCK)
  kasan_disable_current()
  let head = read(cache + DEPOT)
  for (let i = HALF; i < MAGAZINE; i++) {
    const object = read(magazine + OBJECTS + i)
    write(object, head)
    head = object
  }
  write(cache + DEPOT, head)
  kasan_enable_current()
  bit_spin_unlock(0, cache + LOCK)
}

/** Live objects: allocated and not freed, over all CPUs. Exact only while no CPU is running. */
export function kmem_cache_active(cache: Addr<'kmem_cache'>): number {
  let active = 0
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    const magazine = read(cache + MAGAZINES) + cpu * PER_CPU
    active += read(magazine + ALLOCS) - read(magazine + FREES)
  }
  return active
}
