/**
 * Memory that the detectors of all CPUs share: texts, stacks and findings, carved from the arena once at boot.
 *
 * Invariant   what has been given a number never changes, so reading needs no lock; adding takes `lock`.
 * Order       `lock` is a leaf, inside the graph lock of lockdep.
 * Context     any; sections are short. A holder that dies with the lock makes later additions fail, not hang.
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { struct, word } from '../mem/layout.ts'
import { raw_attach, raw_lock, raw_read, raw_unlock } from '../mem/raw.ts'
import { publishRoot } from './root.ts'

export const debug_globals = struct('debug_globals', {
  lock: word,
  /** Texts: ids 1…; a hash table of ids, a table of (first word, bytes), the words. */
  strings: word,
  strings_max: word,
  string_hash: word,
  string_table: word,
  text: word,
  text_used: word,
  text_words: word,
  /** Stacks: a hash table of handles, and the words they point to. */
  stacks: word,
  stack_hash: word,
  stack_pool: word,
  stack_used: word,
  stack_words: word,
  /** Findings: packed one after the other. */
  findings: word,
  finding_pool: word,
  finding_used: word,
  finding_words: word,
  /** Findings that found no room. */
  findings_lost: word,
  /** One bit per text: see once.ts. */
  once: word,
  /** Stack that each sleeping task saved: see hung_task/stacks.ts. */
  cpus: word,
  task_stacks: word,
  /** Lock classes: see lock_class.ts. */
  classes: word,
})
const ROOT = rootAddr('debug')
const AT = debug_globals.offset

/** Slots of the hash tables, a power of two. */
export const HASH_SLOTS = 4096

/** How much to set aside. Words are of 4 bytes. */
export interface DebugSizes {
  /** Most texts; at most 2048. */
  readonly strings?: number
  readonly textWords?: number
  readonly stackWords?: number
  readonly findingWords?: number
}

/** Prepares the store, unless it is there. Boot CPU only. Returns false when the arena is too small. */
export function debug_init(sizes: DebugSizes = {}): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  const { strings = 2048, textWords = 32_768, stackWords = 16_384, findingWords = 65_536 } = sizes
  const globals = alloc_boot(debug_globals.words)
  const table = alloc_boot(2 * (strings + 1))
  const hashes = alloc_boot(2 * HASH_SLOTS)
  const once = alloc_boot((strings >> 5) + 1)
  const cpus = num_possible_cpus()
  const taskStacks = alloc_boot(cpus)
  const text = alloc_boot(textWords)
  const stacks = alloc_boot(stackWords)
  const findings = alloc_boot(findingWords)
  if ([globals, table, hashes, once, taskStacks, text, stacks, findings].includes(0)) return false
  publishRoot(ROOT, globals, AT, {
    strings_max: Math.min(strings, HASH_SLOTS / 2),
    string_table: table,
    once,
    cpus,
    task_stacks: taskStacks,
    string_hash: hashes,
    stack_hash: hashes + HASH_SLOTS,
    text,
    text_words: textWords,
    stack_pool: stacks,
    stack_words: stackWords,
    finding_pool: findings,
    finding_words: findingWords,
  })
  return true
}

/** The store's globals, 0 if there is no store. Valid after raw_attach. */
export function debug_root(): number {
  return raw_read(ROOT)
}

/** Runs `add` with the store locked; undefined if it cannot be had. */
export function locked<T>(add: (globals: number) => T): T | undefined {
  const globals = raw_read(ROOT)
  if (globals === 0 || !raw_lock(globals + AT.lock)) return undefined
  try {
    return add(globals)
  } finally {
    raw_unlock(globals + AT.lock)
  }
}
