/**
 * Memory of kasan: one shadow word per word of the arena, and a record per slab object.
 *
 * State    shadow word: state in bits 0 to 2, number of the object's record above; 0: not ours, may be touched.
 *          ALLOCATED  part of a living object         FREED  part of an object that was given back
 *          REDZONE    slab memory of no living object: behind an object, or never handed out
 * Invariant  the shadow of an object is written by whoever allocates or frees it; readers may see it late, as they may see the
 *          memory itself late.
 * Source   Documentation/dev-tools/kasan.rst (generic KASAN; here a granule is a word and its shadow a word)
 */
import { alloc_boot, arenaLimit, num_possible_cpus, reserve_top, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_fetch_add, raw_read } from '../../mem/raw.ts'
import { publishRoot } from '../root.ts'
import { debug_init } from '../store.ts'

const kasan_globals = struct('kasan_globals', {
  cpus: word,
  /** Shadow of word 0; words below `covered` have one. */
  shadow: word,
  covered: word,
  records: word,
  max_records: word,
  record_table: word,
  /** Objects each CPU keeps from being handed out again. */
  quarantine: word,
  quarantine_rings: word,
  reports_left: word,
})
export const KA = kasan_globals.offset
const ROOT = rootAddr('kasan')

export const ALLOCATED = 1
export const FREED = 2
export const REDZONE = 3
export const STATE_MASK = 7
export const RECORD_SHIFT = 3

/** Record of an object: where it is, and who allocated and freed it last. Stacks are handles of stack_depot. */
export const kasan_record = struct('kasan_record', {
  object: word,
  words: word,
  cache: word,
  alloc_stack: word,
  alloc_cpu: word,
  free_stack: word,
  free_cpu: word,
  spare: word,
})

/** Choices of a run. */
export interface KasanOptions {
  /** Most objects that are remembered with their stacks. */
  readonly maxObjects?: number
  /** Freed objects that each CPU keeps back. */
  readonly quarantine?: number
  /** Reports before it falls silent; the kernel makes one. */
  readonly maxReports?: number
  /** Words from address 0 on that get a shadow; by default half of what is left. */
  readonly cover?: number
}

/** Words between the quarantines of two CPUs: count, head, and pairs of cache and object. */
export function ringStride(quarantine: number): number {
  return 16 + 2 * quarantine
}

/** Sets kasan up. Boot CPU only, before caches are made. False when the arena is too small. */
export function kasan_init(options: KasanOptions = {}): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  const { maxObjects = 8192, quarantine = 64, maxReports = 10 } = options
  if (!debug_init()) return false
  const cpus = num_possible_cpus()
  const globals = alloc_boot(kasan_globals.words)
  const records = alloc_boot((maxObjects + 1) * kasan_record.words)
  const rings = alloc_boot(cpus * ringStride(quarantine))
  const covered = options.cover ?? arenaLimit() >> 1
  const shadow = reserve_top(covered)
  if ([globals, records, rings, shadow].includes(0)) return false
  publishRoot(ROOT, globals, KA, {
    cpus,
    shadow,
    covered,
    max_records: maxObjects,
    record_table: records,
    quarantine,
    quarantine_rings: rings,
    reports_left: maxReports,
  })
  return true
}

/** The globals, 0 if kasan was not set up. Valid after raw_attach. */
export function kasan_root(): number {
  return raw_read(ROOT)
}

/** Address of a record. */
export function recordAt(globals: number, index: number): number {
  return raw_read(globals + KA.record_table) + index * kasan_record.words
}

/** Number of a new record; 0 when there are too many objects. */
export function newRecord(globals: number): number {
  if (raw_read(globals + KA.records) >= raw_read(globals + KA.max_records)) return 0
  const index = raw_fetch_add(globals + KA.records, 1) + 1
  return index > raw_read(globals + KA.max_records) ? 0 : index
}
