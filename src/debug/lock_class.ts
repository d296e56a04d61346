/**
 * Lock classes: all locks that one init site makes are one class, named by the text of that site; a subclass (0 to 7) tells
 * levels of one class apart. lockdep and lock_stat share the table.
 *
 * State    dep_map word of a lock: key number (bits 0 to 13, 0 never initialised under a checker) · NOVALIDATE (bit 14) ·
 *          CPU that had the lock last, plus 1 (bits 16 and up; lock_stat writes it)
 * Invariant  a number, once given, keeps its meaning; classes come into being when a lock is first taken.
 * Order    additions take the store's lock.
 * Source   Documentation/locking/lockdep-design.rst
 */
import { alloc_boot } from '../mem/arena.ts'
import { struct, word, words } from '../mem/layout.ts'
import { raw_fetch_or, raw_load, raw_read, raw_store, raw_write } from '../mem/raw.ts'
import { LOCK_SLEEPS, LOCK_SPINS } from '../trace/trace.fast.ts'
import { publishRoot } from './root.ts'
import { debug_globals, debug_init, debug_root, locked } from './store.ts'
import { textById, textId } from './texts.ts'

/** Subclasses of one class. */
export const MAX_SUBCLASSES = 8
/** Bits of a dep_map that hold the key. */
export const KEY_MASK = 0x3fff
/** The lock is shown but not checked. */
export const NOVALIDATE = 0x4000
/** Where a dep_map holds the last CPU. */
export const LAST_CPU_SHIFT = 16

const lock_classes = struct('lock_classes', {
  keys: word,
  max: word,
  key_table: word,
  classes: word,
  class_table: word,
  /** Key number by text number. */
  by_text: word,
})
const lock_key = struct('lock_key', { name: word, kind: word, class: words(MAX_SUBCLASSES) })
/** One class. `usage`: USED_*. The lists are heads of edge lists; the points are frame numbers of lock_stat. */
export const lock_class = struct('lock_class', {
  name: word,
  subclass: word,
  kind: word,
  usage: word,
  ops: word,
  locks_after: word,
  locks_before: word,
  contention_point: words(4),
  contending_point: words(4),
})
const AT = lock_classes.offset
const KEY = lock_key.offset
export const CLASS = lock_class.offset

/** Has been taken for writing, with interrupts enabled: there are none, so always. */
const USED_WRITE = 1
/** Has been taken for reading. */
const USED_READ = 2

/** Prepares the table for `max` classes, unless it is there. Boot CPU only. False when the arena is too small. */
export function lock_classes_init(max: number): boolean {
  if (!debug_init()) return false
  const globals = debug_root()
  if (raw_read(globals + debug_globals.offset.classes) !== 0) return true
  const texts = raw_read(globals + debug_globals.offset.strings_max)
  const table = alloc_boot(lock_classes.words)
  const keys = alloc_boot((max + 1) * lock_key.words)
  const classes = alloc_boot((max + 1) * lock_class.words)
  const byText = alloc_boot(texts + 1)
  if ([table, keys, classes, byText].includes(0)) return false
  publishRoot(globals + debug_globals.offset.classes, table, AT, {
    max: Math.min(max, KEY_MASK),
    key_table: keys,
    class_table: classes,
    by_text: byText,
  })
  return true
}

function root(): number {
  const globals = debug_root()
  return globals === 0 ? 0 : raw_read(globals + debug_globals.offset.classes)
}

/** Most classes. */
export function maxClasses(): number {
  return raw_read(root() + AT.max)
}

/** Classes in use; their numbers are 1 to this. */
export function classCount(): number {
  const table = root()
  return table === 0 ? 0 : raw_load(table + AT.classes)
}

/** Address of a class. */
export function classAt(index: number): number {
  return raw_read(root() + AT.class_table) + index * lock_class.words
}

/** Key of an init site; adds it if it is new. 0 when the table is full. */
export function registerKey(name: string, kind: number): number {
  const text = textId(name)
  const table = root()
  if (text === 0 || table === 0) return 0
  const slot = raw_read(table + AT.by_text) + text
  return raw_load(slot) || (locked(() => appendKey(table, slot, text, kind)) ?? 0)
}

function appendKey(table: number, slot: number, text: number, kind: number): number {
  const known = raw_read(slot)
  if (known !== 0) return known
  const index = raw_read(table + AT.keys) + 1
  if (index > raw_read(table + AT.max)) return 0
  const key = raw_read(table + AT.key_table) + index * lock_key.words
  raw_write(key + KEY.name, text)
  raw_write(key + KEY.kind, kind)
  raw_write(table + AT.keys, index)
  raw_store(slot, index)
  return index
}

/** Name of a lock's init site, from its dep_map; '' without one. */
export function keyName(depMap: number): string {
  const key = depMap & KEY_MASK
  return key === 0
    ? ''
    : textById(raw_read(raw_read(root() + AT.key_table) + key * lock_key.words + KEY.name))
}

/** Class of a lock, from its dep_map; comes into being with the first call. 0 when the table is full. */
export function classOf(depMap: number, subclass: number): number {
  const table = root()
  const key = raw_read(table + AT.key_table) + (depMap & KEY_MASK) * lock_key.words
  const slot = key + KEY.class + subclass
  return raw_load(slot) || (locked(() => appendClass(table, key, slot, subclass)) ?? 0)
}

function appendClass(table: number, key: number, slot: number, subclass: number): number {
  const known = raw_read(slot)
  if (known !== 0) return known
  const index = raw_read(table + AT.classes) + 1
  if (index > raw_read(table + AT.max)) return 0
  const at = raw_read(table + AT.class_table) + index * lock_class.words
  raw_write(at + CLASS.name, raw_read(key + KEY.name))
  raw_write(at + CLASS.kind, raw_read(key + KEY.kind))
  raw_write(at + CLASS.subclass, subclass)
  raw_store(table + AT.classes, index)
  raw_store(slot, index)
  return index
}

/** Notes that the class has been taken, for reading or writing. */
export function markUsed(index: number, mode: number): void {
  const at = classAt(index) + CLASS.usage
  const bit = mode === 0 ? USED_WRITE : USED_READ
  if ((raw_read(at) & bit) === 0) raw_fetch_or(at, bit)
}

/** Name with its subclass: `&pool->lock/1`. */
export function className(index: number): string {
  const at = classAt(index)
  const subclass = raw_read(at + CLASS.subclass)
  return textById(raw_read(at + CLASS.name)) + (subclass === 0 ? '' : `/${subclass}`)
}

/**
 * Usage as four characters: hard interrupts writing and reading, soft interrupts writing and reading. `+`: taken with
 * them enabled, `.`: never. There are no interrupts, so `-` and `?` cannot come.
 */
export function usageChars(usage: number): string {
  const write = (usage & USED_WRITE) === 0 ? '.' : '+'
  const read = (usage & USED_READ) === 0 ? '.' : '+'
  return write + read + write + read
}

/** How strict a lock of this kind is about its context: 0 does not care, 2 spins, 3 sleeps. */
export function waitType(kind: number): number {
  return kind === LOCK_SLEEPS ? 3 : kind === LOCK_SPINS ? 2 : 0
}

/** Forgets all classes and keys: a machine that starts anew. Dep_maps written before are void. */
export function resetClasses(): void {
  const table = root()
  if (table === 0) return
  const count = raw_read(table + AT.classes)
  for (let i = 1; i <= count; i++) for (let w = 0; w < lock_class.words; w++) raw_write(classAt(i) + w, 0)
  const keys = raw_read(table + AT.keys)
  const keyTable = raw_read(table + AT.key_table)
  for (let i = 1; i <= keys; i++) {
    const key = keyTable + i * lock_key.words
    raw_write(raw_read(table + AT.by_text) + raw_read(key + KEY.name), 0)
    for (let w = 0; w < lock_key.words; w++) raw_write(key + w, 0)
  }
  raw_write(table + AT.keys, 0)
  raw_store(table + AT.classes, 0)
}
