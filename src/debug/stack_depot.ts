/**
 * Stacks in shared memory, each stored once: a detector on one CPU can show what another CPU did.
 *
 * Layout   a handle is the address of its length, followed by one text number per frame, innermost first.
 * Source   lib/stackdepot.c (the idea)
 */
import { raw_load, raw_read, raw_store, raw_write } from '../mem/raw.ts'
import { callerOf, type Frame } from './stack.ts'
import { debug_globals, debug_root, HASH_SLOTS, locked } from './store.ts'
import { hashOf, textById, textId } from './texts.ts'

const AT = debug_globals.offset
const SEPARATOR = '\t'

function encode({ symbol, module, file, line, column, lock }: Frame): string {
  return [symbol, module, file, line, column, lock ? 1 : 0].join(SEPARATOR)
}

function decode(text: string): Frame {
  const [symbol = '?', module = '', file = '', line = '0', column = '0', lock = '0'] = text.split(SEPARATOR)
  return { symbol, module, file, line: Number(line), column: Number(column), lock: lock === '1' }
}

/** Number of one frame; 0 when the store is full. */
export function frameId(frame: Frame | undefined): number {
  return frame === undefined ? 0 : textId(encode(frame))
}

/** Frame of a number; undefined for 0. */
export function frameById(id: number): Frame | undefined {
  const text = textById(id)
  return text === '' ? undefined : decode(text)
}

/** Number of the frame that called the lock's code; 0 if unknown. */
export function callerId(frames: readonly Frame[]): number {
  return frameId(callerOf(frames))
}

function find(globals: number, ids: readonly number[]): number {
  const table = raw_read(globals + AT.stack_hash)
  for (let slot = hashOf(ids) & (HASH_SLOTS - 1); ; slot = (slot + 1) & (HASH_SLOTS - 1)) {
    const handle = raw_load(table + slot)
    if (handle === 0) return table + slot
    if (raw_read(handle) === ids.length && ids.every((id, i) => raw_read(handle + 1 + i) === id)) {
      return table + slot
    }
  }
}

/** Stores a stack. Returns its handle, or 0 when there is no room. */
export function saveStack(frames: readonly Frame[]): number {
  const globals = debug_root()
  if (globals === 0 || frames.length === 0) return 0
  const ids = frames.map(frameId)
  const known = raw_load(find(globals, ids))
  return known === 0 ? (locked((store) => append(store, ids)) ?? 0) : known
}

function append(globals: number, ids: readonly number[]): number {
  const slot = find(globals, ids)
  const known = raw_read(slot)
  if (known !== 0) return known
  const used = raw_read(globals + AT.stack_used)
  const next = used + ids.length + 1
  const count = raw_read(globals + AT.stacks)
  if (next > raw_read(globals + AT.stack_words) || count >= HASH_SLOTS / 2) return 0
  const handle = raw_read(globals + AT.stack_pool) + used
  raw_write(handle, ids.length)
  for (const [i, id] of ids.entries()) raw_write(handle + 1 + i, id)
  raw_write(globals + AT.stack_used, next)
  raw_write(globals + AT.stacks, count + 1)
  raw_store(slot, handle)
  return handle
}

/** Frames of a handle, innermost first; empty for 0. */
export function loadStack(handle: number): Frame[] {
  if (handle === 0) return []
  return Array.from({ length: raw_read(handle) }, (_, i) => frameById(raw_read(handle + 1 + i))).flatMap(
    (frame) => frame ?? [],
  )
}
