/**
 * A ring of fixed-size records that many CPUs append to and the main thread reads: printk, uevents, findings.
 *
 * State    head counts records ever claimed. A record's first word says what is in it:
 *          0      nothing yet
 *          BUSY   its writer is writing
 *          n + 1  record n, complete
 *          A reader that finds another number than its own sees a record that is not finished, lost or overwritten.
 * Invariant one writer at a time per record. Who comes round to a record whose writer is still at it, or that is newer than his,
 *          loses his own: it goes to words of his CPU that nobody reads.
 * Context  any; never sleeps, never fails: the oldest record is overwritten, and the reader can count what it lost.
 */
import { cmpxchg, fetch_add, read, READ_ONCE, smp_processor_id, WRITE_ONCE, write } from '#access'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { alloc_boot, num_possible_cpus } from './arena.ts'

const HEAD = 0
const RECORDS = 1
const RECORD_WORDS = 2
/** Per-CPU payloads of lost records. */
const LOST = 3
const FIRST = CACHE_LINE_WORDS
const BUSY = -1

/** Makes a ring of `records` (a power of two) records of `payload` words each. Returns 0 when the arena is full. */
export function ring_alloc(records: number, payload: number): number {
  const ring = alloc_boot(FIRST + records * (payload + 1))
  const lost = alloc_boot(num_possible_cpus() * payload)
  if (ring === 0 || lost === 0) return 0
  write(ring + RECORDS, records)
  write(ring + RECORD_WORDS, payload + 1)
  write(ring + LOST, lost)
  return ring
}

/** Number of records ever claimed. */
export function ring_head(ring: number): number {
  return READ_ONCE(ring + HEAD)
}

/**
 * Claims the next record. Fill ring_payload(ring, claim), then ring_commit it.
 * @returns its number n, or ~n for one that is lost
 */
export function ring_claim(ring: number): number {
  const n = fetch_add(ring + HEAD, 1)
  const at = slot(ring, n)
  const seen = READ_ONCE(at)
  const mine = seen !== BUSY && seen <= n && cmpxchg(at, seen, BUSY) === seen
  return mine ? n : ~n
}

/** Number of a claim. */
export function ring_number(claim: number): number {
  return claim < 0 ? ~claim : claim
}

/** Address of the payload of record n, or of what was claimed. */
export function ring_payload(ring: number, n: number): number {
  if (n >= 0) return slot(ring, n) + 1
  return read(ring + LOST) + smp_processor_id() * (read(ring + RECORD_WORDS) - 1)
}

/** Makes what was claimed visible, unless it is lost. */
export function ring_commit(ring: number, claim: number): void {
  if (claim >= 0) WRITE_ONCE(slot(ring, claim), claim + 1)
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
