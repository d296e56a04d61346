/**
 * Memory of lock_waits: who let go of each contended lock last, and per CPU a table of what it waited for and for whom.
 *
 * Invariant   a CPU writes only its own table; a sum over CPUs is exact while they rest. What is known of a lock's owner is written
 *             by whoever lets go of it, before it does.
 * Layout      locks: open addressing by address, never removed. Tables: open addressing by (class, owner, stacks).
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import {
  raw_attach,
  raw_cmpxchg,
  raw_fill,
  raw_load,
  raw_read,
  raw_read_f64,
  raw_store,
  raw_write,
  raw_write_f64,
} from '../../mem/raw.ts'
import { className, lock_classes_init } from '../lock_class.ts'
import { publishRoot } from '../root.ts'
import { type Frame, frameText } from '../stack.ts'
import { loadStack } from '../stack_depot.ts'
import { hashOf } from '../texts.ts'

const lock_waits_globals = struct('lock_waits_globals', {
  cpus: word,
  locks: word,
  tables: word,
})
const LW = lock_waits_globals.offset
const ROOT = rootAddr('lock_waits')
const CLASSES = 1024

/** Slots for contended locks, a power of two; a lock that finds none has owners that are not known. */
const LOCKS = 4096
/** Words of a lock: its address, how many wait, CPU that let go of it last plus 1, handle of its stack. */
export const L_WAITING = 1
export const L_OWNER = 2
export const L_STACK = 3
const LOCK_WORDS = 4

/** Entries of a CPU's table, a power of two; what finds no room is added to the last looked at. */
const ENTRIES = 512
const PROBES = 64
/** Words of an entry: class, owner plus 1, its stack, the waiter's, how often, padding, sum and most as doubles of nanoseconds. */
const KEYS = 4
const E_NR = 4
const E_TOTAL = 6
const E_MAX = 8
const ENTRY_WORDS = 10

/** Sets it up. Boot CPU only, before locks are initialised. False when the arena is too small. */
export function lock_waits_init(): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  if (!lock_classes_init(CLASSES)) return false
  const cpus = num_possible_cpus()
  const globals = alloc_boot(lock_waits_globals.words)
  const locks = alloc_boot(LOCKS * LOCK_WORDS)
  const tables = alloc_boot(cpus * ENTRIES * ENTRY_WORDS)
  if ([globals, locks, tables].includes(0)) return false
  publishRoot(ROOT, globals, LW, { cpus, locks, tables })
  return true
}

/** The globals, 0 if it was not set up. Valid after raw_attach. */
export function lock_waits_root(): number {
  return raw_read(ROOT)
}

/** Number of CPUs that have a table. */
export function tablesOf(globals: number): number {
  return raw_read(globals + LW.cpus)
}

/** Slot of a lock; 0 for one that has none, and gets none unless `add`. */
export function lockSlot(globals: number, lock: number, add: boolean): number {
  const slots = raw_read(globals + LW.locks)
  const start = hashOf([lock])
  for (let i = 0; i < PROBES; i++) {
    const slot = slots + ((start + i) & (LOCKS - 1)) * LOCK_WORDS
    const there = raw_load(slot)
    if (there === lock) return slot
    if (there !== 0) continue
    if (!add) return 0
    const before = raw_cmpxchg(slot, 0, lock)
    if (before === 0 || before === lock) return slot
  }
  return 0
}

/** Adds one wait to a CPU's table: class, owner plus 1, stack of the owner, stack of the waiter. */
export function addWait(globals: number, cpu: number, key: readonly number[], ns: number): void {
  const table = raw_read(globals + LW.tables) + cpu * ENTRIES * ENTRY_WORDS
  const start = hashOf(key)
  for (let i = 0; i < PROBES; i++) {
    const entry = table + ((start + i) & (ENTRIES - 1)) * ENTRY_WORDS
    const fresh = raw_read(entry + E_NR) === 0
    if (!fresh && i < PROBES - 1 && key.some((word, k) => raw_read(entry + k) !== word)) continue
    if (fresh) for (let k = 0; k < KEYS; k++) raw_write(entry + k, key[k] as number)
    raw_write_f64(entry + E_TOTAL, raw_read_f64(entry + E_TOTAL) + ns)
    if (ns > raw_read_f64(entry + E_MAX)) raw_write_f64(entry + E_MAX, ns)
    raw_store(entry + E_NR, raw_read(entry + E_NR) + 1)
    return
  }
}

/** What one CPU waited for: one class of locks, one owner, one pair of places. Frames are innermost first, as texts. */
export interface Wait {
  readonly lock: string
  readonly waiter: number
  /** -1: not known. */
  readonly owner: number
  readonly waiterStack: readonly string[]
  readonly ownerStack: readonly string[]
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
}

/** A stack as texts, from the place that took the lock outward. */
function frames(handle: number): string[] {
  const stack = loadStack(handle)
  const first = Math.max(
    0,
    stack.findIndex(({ lock }: Frame) => !lock),
  )
  return stack.slice(first).map(frameText)
}

/** Takes all that was noted: the tables are empty afterwards. `view`: the arena, if this thread is not attached to it. CPUs rest. */
export function takeLockWaits(view?: Int32Array): Wait[] {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return []
  const tables = raw_read(globals + LW.tables)
  const words = tablesOf(globals) * ENTRIES * ENTRY_WORDS
  const found: Wait[] = []
  for (let entry = tables; entry < tables + words; entry += ENTRY_WORDS) {
    const waits = raw_read(entry + E_NR)
    if (waits === 0) continue
    const [cls, owner, ownerStack, waiterStack] = [0, 1, 2, 3].map((k) => raw_read(entry + k)) as [
      number,
      number,
      number,
      number,
    ]
    found.push({
      lock: className(cls),
      waiter: Math.floor((entry - tables) / (ENTRIES * ENTRY_WORDS)),
      owner: owner - 1,
      waiterStack: frames(waiterStack),
      ownerStack: frames(ownerStack),
      waits,
      totalNs: raw_read_f64(entry + E_TOTAL),
      maxNs: raw_read_f64(entry + E_MAX),
    })
  }
  raw_fill(tables, 0, words)
  return found
}
