/**
 * Texts by number, for names of locks and functions: one number per text on all CPUs.
 */
import { raw_bytes, raw_load, raw_read, raw_store, raw_write } from '../mem/raw.ts'
import { debug_globals, debug_root, HASH_SLOTS, locked } from './store.ts'

const AT = debug_globals.offset
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** 31-bit FNV-1a over bytes or numbers. */
export function hashOf(values: ArrayLike<number>): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < values.length; i++) hash = Math.imul(hash ^ (values[i] as number), 0x0100_0193)
  return (hash ^ (hash >>> 15)) & 0x7fff_ffff
}

/** Copies bytes out of shared memory, which TextDecoder does not read, and decodes them. */
export function decodeBytes(word: number, length: number): string {
  return decoder.decode(raw_bytes().slice(word * 4, word * 4 + length))
}

/** UTF-8 bytes of a text. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

function equals(globals: number, id: number, bytes: Uint8Array): boolean {
  const entry = raw_read(globals + AT.string_table) + 2 * id
  if (raw_read(entry + 1) !== bytes.length) return false
  const memory = raw_bytes()
  const start = raw_read(entry) * 4
  for (let i = 0; i < bytes.length; i++) if (memory[start + i] !== bytes[i]) return false
  return true
}

/** Slot that holds the text, or the free one where it belongs. */
function find(globals: number, bytes: Uint8Array): number {
  const table = raw_read(globals + AT.string_hash)
  for (let slot = hashOf(bytes) & (HASH_SLOTS - 1); ; slot = (slot + 1) & (HASH_SLOTS - 1)) {
    const id = raw_load(table + slot)
    if (id === 0 || equals(globals, id, bytes)) return table + slot
  }
}

// Numbers that this thread has looked up before, in which memory.
const known = new Map<string, number>()
let knownIn: ArrayBufferLike | undefined

/** Number of a text; 0 when the store is full or absent. */
export function textId(text: string): number {
  const globals = debug_root()
  if (globals === 0) return 0
  if (knownIn !== raw_bytes().buffer) {
    known.clear()
    knownIn = raw_bytes().buffer
  }
  const id = known.get(text) ?? lookUp(globals, encodeText(text))
  if (id !== 0) known.set(text, id)
  return id
}

function lookUp(globals: number, bytes: Uint8Array): number {
  return raw_load(find(globals, bytes)) || (locked((store) => append(store, bytes)) ?? 0)
}

function append(globals: number, bytes: Uint8Array): number {
  const slot = find(globals, bytes)
  const known = raw_read(slot)
  if (known !== 0) return known
  const id = raw_read(globals + AT.strings) + 1
  const used = raw_read(globals + AT.text_used)
  const next = used + ((bytes.length + 3) >> 2)
  if (id > raw_read(globals + AT.strings_max) || next > raw_read(globals + AT.text_words)) return 0
  const start = raw_read(globals + AT.text) + used
  raw_bytes().set(bytes, start * 4)
  raw_write(raw_read(globals + AT.string_table) + 2 * id, start)
  raw_write(raw_read(globals + AT.string_table) + 2 * id + 1, bytes.length)
  raw_write(globals + AT.text_used, next)
  raw_write(globals + AT.strings, id)
  raw_store(slot, id)
  return id
}

/** Text of a number; '' for 0 or a number that was never given. */
export function textById(id: number): string {
  const globals = debug_root()
  if (globals === 0 || id < 1 || id > raw_load(globals + AT.strings)) return ''
  const entry = raw_read(globals + AT.string_table) + 2 * id
  return decodeBytes(raw_read(entry), raw_read(entry + 1))
}
