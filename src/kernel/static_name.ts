/**
 * Names that the source spells out: `const DRIVER = static_name('driver')`. The key is a number that is the same on
 * every CPU; the name itself lives once in the arena and is found by one probe.
 *
 * Invariant   an entry never changes or moves once its key is out, so its address can be kept.
 * State       entry: key 0 free; else the key, written last.
 * Context     qstr_of: any; the first use of a name interns it under a bit lock.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { hashName, OpsTable } from '../base/ops.ts'
import {
  alloc_boot,
  alloc_percpu,
  bit_spin_lock,
  bit_spin_unlock,
  intern,
  percpuStride,
  rootAddr,
  struct,
  this_cpu_ptr,
  word,
  words,
} from '../mem/index.ts'
import { qstr, qstr_set_string } from './qstr.ts'

const ROOT = rootAddr('names')
const SLOTS = 1024
const SLOT_WORDS = 8
const names_globals = struct('names_globals', {
  /** Bit 0 guards new entries. */
  lock: word,
  /** The per-CPU scratch names. */
  scratch: word,
  spare: words(6),
  slots: words(SLOTS * SLOT_WORDS),
})
const TABLE = names_globals.offset.slots
const SCRATCH = names_globals.offset.scratch

const texts = new OpsTable<string>('static name')

/** Key of a text. At module load, on every CPU alike; the same text may be defined in several places. */
export function static_name(text: string): number {
  const key = hashName(text)
  return texts.nameOf(key) === text ? key : texts.define(text, text)
}

/** Prepares the table. Boot CPU only. Returns false when the arena is full. */
export function static_names_init(): boolean {
  const table = alloc_boot(names_globals.words)
  const scratch = alloc_percpu(qstr.words)
  if (table === 0 || scratch === 0) return false
  write(table + SCRATCH, scratch)
  write(ROOT, table)
  return true
}

/** A name of this CPU's own, for passing a name built on the spot to a function that copies or compares it. */
export function scratch_qstr(): Addr<'qstr'> {
  return as(this_cpu_ptr(read(read(ROOT) + SCRATCH), percpuStride(qstr.words)))
}

/** The name of a key, for good; NULL when the arena is full. */
export function qstr_of(key: number): Addr<'qstr'> {
  for (let slot = key & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const entry = read(ROOT) + TABLE + slot * SLOT_WORDS
    const found = READ_ONCE(entry)
    if (found === key) return as(entry + 1)
    if (found === 0) return qstr_of_slow(key)
  }
}

function qstr_of_slow(key: number): Addr<'qstr'> {
  const table = read(ROOT)
  bit_spin_lock(0, table)
  let slot = key & (SLOTS - 1)
  let entry = table + TABLE + slot * SLOT_WORDS
  while (read(entry) !== 0 && read(entry) !== key) {
    slot = (slot + 1) & (SLOTS - 1)
    entry = table + TABLE + slot * SLOT_WORDS
  }
  if (read(entry) === 0) {
    const id = intern(texts.get(key))
    if (id !== 0) {
      qstr_set_string(as(entry + 1), id)
      WRITE_ONCE(entry, key)
    }
  }
  const known = read(entry) === key
  bit_spin_unlock(0, table)
  return known ? as(entry + 1) : NULL
}

/** String id of a key, 0 when the arena is full. */
export function string_of(key: number): number {
  const name = qstr_of(key)
  return name === 0 ? 0 : read(name)
}
