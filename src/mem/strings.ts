/**
 * Strings in shared memory: each text is stored once and named by a small integer, its id.
 *
 * Invariant   an entry never changes once its id is out; ids start at 1 and are the same on every CPU.
 * Layout      globals: lock, count, table, text; entry i: address and length of the packed Latin-1 text.
 * Context     intern takes a bit lock and allocates: boot and set-up. textOf is for reports. A hot path holds ids.
 */
import { read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { alloc_boot, rootAddr } from './arena.ts'
import { bit_spin_lock, bit_spin_unlock } from './bit_spinlock.ts'

const ROOT = rootAddr('strings')
const LOCK = 0
const COUNT = 1
const MAX = 2
const TABLE = 4

/** Prepares the table for at most `max` strings. Boot CPU only. Returns false when the arena is full. */
export function strings_init(max: number = 8192): boolean {
  const globals = alloc_boot(TABLE + 2 * (max + 1))
  if (globals === 0) return false
  write(globals + MAX, max)
  write(ROOT, globals)
  return true
}

function equals(id: number, text: string): boolean {
  const entry = read(ROOT) + TABLE + 2 * id
  if (read(entry + 1) !== text.length) return false
  const at = read(entry)
  for (let i = 0; i < text.length; i++) {
    if (((read(at + (i >> 2)) >>> ((i & 3) << 3)) & 0xff) !== (text.charCodeAt(i) & 0xff)) return false
  }
  return true
}

/** Id of the text, 0 if nobody interned it. */
export function lookupString(text: string): number {
  const count = READ_ONCE(read(ROOT) + COUNT)
  for (let id = 1; id <= count; id++) if (equals(id, text)) return id
  return 0
}

/** Id of the text; adds it if it is new. Returns 0 when the table or the arena is full. */
export function intern(text: string): number {
  const globals = read(ROOT)
  bit_spin_lock(0, globals + LOCK)
  let id = lookupString(text)
  if (id === 0) id = append(globals, text)
  bit_spin_unlock(0, globals + LOCK)
  return id
}

function append(globals: number, text: string): number {
  const id = read(globals + COUNT) + 1
  if (id > read(globals + MAX)) return 0
  const at = alloc_boot(Math.max(1, (text.length + 3) >> 2), 1)
  if (at === 0) return 0
  for (let i = 0; i < text.length; i++) {
    const slot = at + (i >> 2)
    write(slot, read(slot) | ((text.charCodeAt(i) & 0xff) << ((i & 3) << 3)))
  }
  write(globals + TABLE + 2 * id, at)
  write(globals + TABLE + 2 * id + 1, text.length)
  WRITE_ONCE(globals + COUNT, id)
  return id
}

/** Text of an id; '' for 0 or an unknown id. */
export function textOf(id: number): string {
  const globals = read(ROOT)
  if (globals === 0 || id < 1 || id > READ_ONCE(globals + COUNT)) return ''
  const at = read(globals + TABLE + 2 * id)
  const length = read(globals + TABLE + 2 * id + 1)
  let text = ''
  for (let i = 0; i < length; i++) {
    text += String.fromCharCode((read(at + (i >> 2)) >>> ((i & 3) << 3)) & 0xff)
  }
  return text
}
