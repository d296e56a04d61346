/**
 * A ring of fixed-size records that many CPUs append to and the main thread reads: printk, uevents, findings.
 *
 * State    head counts records ever claimed. A record's first word is its sequence number + 1, written last: a reader
 *          that finds another value there sees a record that is not finished or already overwritten.
 * Context  any; never sleeps, never fails: the oldest record is overwritten, and the reader can count what it lost.
 */
import { fetch_add, read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot } from './arena.ts'

const HEAD = 0
const RECORDS = 1
const RECORD_WORDS = 2
const FIRST = CACHE_LINE_WORDS

/** Makes a ring of `records` (a power of two) records of `payload` words each. Returns 0 when the arena is full. */
export function ring_alloc(records: number, payload: number): number {
  const ring = alloc_boot(FIRST + records * (payload + 1))
  if (ring === 0) return 0
  write(ring + RECORDS, records)
  write(ring + RECORD_WORDS, payload + 1)
  return ring
}

/** Number of records ever claimed. */
export function ring_head(ring: number): number {
  return READ_ONCE(ring + HEAD)
}

/** Claims the next record and returns its number. Fill ring_payload(ring, n), then ring_commit it. */
export function ring_claim(ring: number): number {
  const n = fetch_add(ring + HEAD, 1)
  WRITE_ONCE(slot(ring, n), 0)
  return n
}

/** Address of the payload of record n. */
export function ring_payload(ring: number, n: number): number {
  return slot(ring, n) + 1
}

/** Makes record n visible. */
export function ring_commit(ring: number, n: number): void {
  WRITE_ONCE(slot(ring, n), n + 1)
}

/** True if record n is complete and not overwritten; check again after copying it. */
function ring_valid(ring: number, n: number): boolean {
  return READ_ONCE(slot(ring, n)) === n + 1
}

/** Number of the oldest record that can still be there. */
function ring_oldest(ring: number): number {
  return Math.max(0, ring_head(ring) - read(ring + RECORDS))
}

/** Decodes the records from number `from` on that are still there, whole. Allocates: for the main thread and for tests. */
export function ring_records<T>(ring: number, from: number, decode: (n: number, payload: number) => T): T[] {
  const found: T[] = []
  for (let n = Math.max(from, ring_oldest(ring)); n < ring_head(ring); n++) {
    if (!ring_valid(ring, n)) continue
    const record = decode(n, ring_payload(ring, n))
    // Overwritten while it was read: what was decoded is of two records.
    if (ring_valid(ring, n)) found.push(record)
  }
  return found
}

function slot(ring: number, n: number): number {
  return ring + FIRST + (n & (read(ring + RECORDS) - 1)) * read(ring + RECORD_WORDS)
}
