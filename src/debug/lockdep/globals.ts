/**
 * Shared state of lockdep: switches, limits, and where the tables are. One per machine, at root `lockdep`.
 *
 * State    debug_locks: 1 while it validates; 0 after the last report it may make, or after a table is full.
 * Order    graph_lock guards edges and chains; under it the store's lock is taken, nothing else.
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_fill, raw_lock, raw_read, raw_store, raw_unlock, raw_write } from '../../mem/raw.ts'
import { lock_classes_init, resetClasses } from '../lock_class.ts'
import { publishRoot } from '../root.ts'

const lockdep_globals = struct('lockdep_globals', {
  graph_lock: word,
  debug_locks: word,
  /** Reports that may still be made before debug_locks becomes 0. */
  reports_left: word,
  reports: word,
  /** FLAG_* */
  flags: word,
  cpus: word,
  edges: word,
  max_edges: word,
  edge_table: word,
  chains: word,
  /** Slots of the chain table, a power of two; three quarters of them are used at most. */
  chain_slots: word,
  chain_table: word,
  hlocks: word,
  max_hlocks: word,
  hlock_pool: word,
  held: word,
  cyclic_checks: word,
  max_bfs_queue: word,
})
export const LD = lockdep_globals.offset
const ROOT = rootAddr('lockdep')

/** Update side of SRCU orders against its readers (since 6.4, f0f44752f5f6); without it, SRCU readers are shown and not checked. */
export const FLAG_SRCU_SYNC = 1
/** Locks are printed with `-{outer:inner}` (since 5.7, de8f5e4f2dc1). */
export const FLAG_WAIT_TYPES = 2
/** Scenarios say `rlock(` and `sync(` (since 6.4, in the series of f0f44752f5f6). */
export const FLAG_RLOCK = 4
/** Reports are counted and not kept: the self-test. */
export const FLAG_SILENT = 8

/** Locks one task may hold. */
export const MAX_LOCK_DEPTH = 48
/** Words of one held lock; see held.ts. */
export const HELD_WORDS = 8
/** Words before the held locks of a CPU; see held.ts. */
export const HELD_HEADER = 16
export const HELD_STRIDE = HELD_HEADER + (MAX_LOCK_DEPTH + 1) * HELD_WORDS
/** Words of an edge; see graph.ts. */
export const EDGE_WORDS = 8
/** Words of a chain; see chains.ts. */
export const CHAIN_WORDS = 4

/** Choices of a run. */
export interface LockdepOptions {
  /** What a kernel of that time had: 2019 no SRCU edges and no wait types, 2023 both. */
  readonly era?: '2019' | '2023'
  /** Switches the SRCU edges of the era. */
  readonly srcuSync?: boolean
  /** Reports before it turns itself off; the kernel's is 1. */
  readonly maxReports?: number
  /** Count reports, keep no text. */
  readonly silent?: boolean
  readonly maxClasses?: number
  readonly maxEdges?: number
  /** Rounded up to a power of two. */
  readonly maxChains?: number
  readonly maxHlocks?: number
}

function flagsOf({ era = '2023', srcuSync = era === '2023', silent = false }: LockdepOptions): number {
  const modern = era === '2023' ? FLAG_WAIT_TYPES | FLAG_RLOCK : 0
  return modern | (srcuSync ? FLAG_SRCU_SYNC : 0) | (silent ? FLAG_SILENT : 0)
}

/** Sets lockdep up for a machine. Boot CPU only, before locks are initialised. False when the arena is too small. */
export function lockdep_init(options: LockdepOptions = {}): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  const { maxEdges = 8192, maxChains = 16_384, maxHlocks = 65_536, maxReports = 1 } = options
  if (!lock_classes_init(options.maxClasses ?? 1024)) return false
  const slots = 2 ** Math.ceil(Math.log2(maxChains))
  const cpus = num_possible_cpus()
  const globals = alloc_boot(lockdep_globals.words)
  const edges = alloc_boot((maxEdges + 1) * EDGE_WORDS)
  const chains = alloc_boot(slots * CHAIN_WORDS)
  const hlocks = alloc_boot(maxHlocks)
  const held = alloc_boot(cpus * HELD_STRIDE)
  if ([globals, edges, chains, hlocks, held].includes(0)) return false
  publishRoot(ROOT, globals, LD, {
    cpus,
    max_edges: maxEdges,
    edge_table: edges,
    chain_slots: slots,
    chain_table: chains,
    max_hlocks: maxHlocks,
    hlock_pool: hlocks,
    held,
    flags: flagsOf(options),
    reports_left: maxReports,
    debug_locks: 1,
  })
  return true
}

/** The globals, 0 if lockdep was not set up. Valid after raw_attach. */
export function lockdep_root(): number {
  return raw_read(ROOT)
}

/** True if the flag is on. */
export function hasFlag(globals: number, flag: number): boolean {
  return (raw_read(globals + LD.flags) & flag) !== 0
}

/** True while lockdep validates. */
export function debug_locks(): boolean {
  const globals = raw_read(ROOT)
  return globals !== 0 && raw_read(globals + LD.debug_locks) !== 0
}

/** Takes the graph lock. False if its holder is dead: lockdep is off then. */
export function graph_lock(globals: number): boolean {
  if (raw_lock(globals + LD.graph_lock)) return true
  raw_store(globals + LD.debug_locks, 0)
  return false
}

/** Gives the graph lock back. */
export function graph_unlock(globals: number): void {
  raw_unlock(globals + LD.graph_lock)
}

/** Forgets everything that was learnt, and starts anew: nobody may run. */
export function lockdep_reset(maxReports = 1): void {
  const globals = raw_read(ROOT)
  if (globals === 0) return
  const clear = (table: number, words: number): void => {
    raw_fill(raw_read(globals + table), 0, words)
  }
  clear(LD.edge_table, (raw_read(globals + LD.edges) + 1) * EDGE_WORDS)
  if (raw_read(globals + LD.chains) > 0) {
    clear(LD.chain_table, raw_read(globals + LD.chain_slots) * CHAIN_WORDS)
  }
  clear(LD.held, raw_read(globals + LD.cpus) * HELD_STRIDE)
  for (const counter of [LD.graph_lock, LD.reports, LD.edges, LD.chains, LD.hlocks, LD.cyclic_checks]) {
    raw_write(globals + counter, 0)
  }
  resetClasses()
  raw_write(globals + LD.reports_left, maxReports)
  raw_store(globals + LD.debug_locks, 1)
}
