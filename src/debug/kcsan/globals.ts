/**
 * Memory of kcsan: a vector clock per CPU and per word that CPUs synchronise through, and the latest accesses to every word.
 *
 * Shadow   per word: a lock, then CELLS accesses of two words: the accessor's own clock (0: none), and who: CPU (bits 0 to 7),
 *          WRITE, MARKED, and the frame number of the place above.
 * Clocks   a CPU's clock is its own; that of a word is joined under the lock of its slot.
 * Source   Flanagan & Freund, "FastTrack", 2009; ThreadSanitizer (a few accesses per word, the oldest forgotten)
 */
import { write } from '#access'
import { alloc_boot, arenaLimit, num_possible_cpus, reserve_top, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_read, raw_write } from '../../mem/raw.ts'
import { publishRoot } from '../root.ts'
import { debug_init } from '../store.ts'

const kcsan_globals = struct('kcsan_globals', {
  cpus: word,
  /** Shadow of word 0; words below `covered` have one. */
  shadow: word,
  covered: word,
  clocks: word,
  /** Hash table: address, lock, clock of one entry per CPU. */
  slots: word,
  slot_table: word,
  reports_left: word,
  /** Times that a CPU has started after all others: each of them goes on with a new clock. */
  starts: word,
  /** Words that found no slot: their synchronisation is not seen. */
  lost: word,
})
export const KC = kcsan_globals.offset
const ROOT = rootAddr('kcsan')

export const SHADOW_WORDS = 8
export const CELLS = 3
/** First cell of a shadow. */
export const CELL = 1
export const CPU_MASK = 0xff
export const WRITE = 0x100
export const MARKED = 0x200
export const PLACE_SHIFT = 10

/** Choices of a run. */
export interface KcsanOptions {
  /** Most words that CPUs synchronise through; a power of two. */
  readonly syncWords?: number
  /** Reports before it falls silent. */
  readonly maxReports?: number
  /** Words from address 0 on that get a shadow; by default a ninth of what is left. */
  readonly cover?: number
}

/** Words of one slot for that many CPUs. */
export function slotWords(cpus: number): number {
  return 2 + cpus
}

/** Sets kcsan up. Boot CPU only. False when the arena is too small. */
export function kcsan_init(options: KcsanOptions = {}): boolean {
  const { syncWords = 4096, maxReports = 20 } = options
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  if (!debug_init()) return false
  const cpus = num_possible_cpus()
  const globals = alloc_boot(kcsan_globals.words)
  const clocks = alloc_boot(cpus * cpus)
  const slots = alloc_boot(syncWords * slotWords(cpus))
  const covered = options.cover ?? Math.floor(arenaLimit() / (SHADOW_WORDS + 1))
  const shadow = reserve_top(covered * SHADOW_WORDS)
  if ([globals, clocks, slots, shadow].includes(0)) return false
  for (let cpu = 0; cpu < cpus; cpu++) write(clocks + cpu * cpus + cpu, 1)
  publishRoot(ROOT, globals, KC, {
    cpus,
    shadow,
    covered,
    clocks,
    slots: syncWords,
    slot_table: slots,
    reports_left: maxReports,
  })
  return true
}

/** The globals, 0 if kcsan was not set up. Valid after raw_attach. */
export function kcsan_root(): number {
  return raw_read(ROOT)
}

/** Clock of a CPU: one entry per CPU. */
export function clockOf(globals: number, cpu: number): number {
  return raw_read(globals + KC.clocks) + cpu * raw_read(globals + KC.cpus)
}

/** Takes the later of two clocks, entry by entry, into `into`. */
export function join(into: number, from: number, cpus: number): void {
  for (let i = 0; i < cpus; i++) {
    const other = raw_read(from + i)
    if (other > raw_read(into + i)) raw_write(into + i, other)
  }
}
