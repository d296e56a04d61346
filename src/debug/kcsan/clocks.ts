/**
 * Happens-before: who has seen what of whom.
 *
 * Release   before a marked write is done, the CPU's clock is joined into the word's.
 * Acquire   after a marked access is done, the word's clock is joined into the CPU's. So whoever sees the value has the clock
 *           that came with it, whatever the two CPUs' observers interleave; at worst an order is seen that was not needed.
 */
import {
  raw_cmpxchg,
  raw_fetch_add,
  raw_load,
  raw_lock,
  raw_read,
  raw_unlock,
  raw_write,
} from '../../mem/raw.ts'
import { clockOf, join, KC, slotWords } from './globals.ts'

const ADDR = 0
const LOCK = 1
const CLOCK = 2

/** Slot of a word, made if `create`; 0 if there is none. */
function slotOf(globals: number, addr: number, create: boolean): number {
  const mask = raw_read(globals + KC.slots) - 1
  const table = raw_read(globals + KC.slot_table)
  const words = slotWords(raw_read(globals + KC.cpus))
  const start = Math.imul(addr, 0x9e37_79b1) >>> 8
  for (let i = 0; i <= mask; i++) {
    const at = table + ((start + i) & mask) * words
    const found = raw_load(at + ADDR)
    if (found === addr) return at
    if (found !== 0) continue
    if (!create) return 0
    const raced = raw_cmpxchg(at + ADDR, 0, addr)
    if (raced === 0 || raced === addr) return at
  }
  if (create) raw_fetch_add(globals + KC.lost, 1)
  return 0
}

/** The CPU is about to publish something through the word. */
export function release(globals: number, cpu: number, addr: number): void {
  const slot = slotOf(globals, addr, true)
  if (slot === 0 || !raw_lock(slot + LOCK)) return
  join(slot + CLOCK, clockOf(globals, cpu), raw_read(globals + KC.cpus))
  raw_unlock(slot + LOCK)
}

/** The CPU has seen what was published through the word. */
export function acquire(globals: number, cpu: number, addr: number): void {
  const slot = slotOf(globals, addr, false)
  if (slot === 0 || !raw_lock(slot + LOCK)) return
  join(clockOf(globals, cpu), slot + CLOCK, raw_read(globals + KC.cpus))
  raw_unlock(slot + LOCK)
}

/** What the CPU does from now on is not what it has published. */
export function tick(globals: number, cpu: number): void {
  const own = clockOf(globals, cpu) + cpu
  raw_write(own, raw_read(own) + 1)
}

/**
 * The CPU starts after everything that has happened so far on any CPU: a boot, or a barrier outside the kernel. What the others
 * do next is not part of it: they see `starts` change and go on with a new clock.
 */
export function startAfterAll(globals: number, cpu: number): void {
  const cpus = raw_read(globals + KC.cpus)
  raw_fetch_add(globals + KC.starts, 1)
  for (let other = 0; other < cpus; other++) {
    if (other !== cpu) join(clockOf(globals, cpu), clockOf(globals, other), cpus)
  }
  tick(globals, cpu)
}
