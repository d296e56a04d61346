/**
 * What the CPUs of a forced run did, in order: entries of JSON in the arena, so that a CPU that never returns has told all
 * it did. Only the CPU that has the turn writes.
 */
import { raw_bytes, raw_read, raw_write } from '../../mem/raw.ts'
import { STAGE as G, stage_root } from './stage_words.ts'

/** One entry. */
export type Entry =
  /** A line of the ladder. */
  | { readonly cpu: number; readonly depth: number; readonly text: string }
  /** The CPU falls asleep on a lock of that kind. */
  | { readonly cpu: number; readonly depth: number; readonly on: number; readonly kind: string }
  /** A lock was initialised. */
  | { readonly lock: number; readonly name: string }

const encoder = new TextEncoder()

/** Appends an entry. What finds no room is lost: the ladder then ends early. */
export function record(entry: Entry): void {
  const root = stage_root()
  const bytes = encoder.encode(JSON.stringify(entry))
  const used = raw_read(root + G.log_used)
  const next = used + 1 + ((bytes.length + 3) >> 2)
  if (next > raw_read(root + G.log_words)) return
  const at = raw_read(root + G.log) + used
  raw_write(at, bytes.length)
  raw_bytes().set(bytes, (at + 1) * 4)
  raw_write(root + G.log_used, next)
}

/** All entries, in order. */
export function entries(): Entry[] {
  const root = stage_root()
  const start = raw_read(root + G.log)
  const end = start + raw_read(root + G.log_used)
  const decoder = new TextDecoder()
  const found: Entry[] = []
  for (let at = start; at < end;) {
    const length = raw_read(at)
    // A copy: texts are not decoded from shared memory.
    const bytes = raw_bytes().slice((at + 1) * 4, (at + 1) * 4 + length)
    found.push(JSON.parse(decoder.decode(bytes)) as Entry)
    at += 1 + ((length + 3) >> 2)
  }
  return found
}
