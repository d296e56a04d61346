/**
 * A lock bit inside a data word, for memory management itself: the real locks of src/sync are built on top of it.
 *
 * State    bit set: held; clear: free. The other bits belong to the data and may change only under the lock.
 * Context  never sleeps while held; sections are a few words long. A waiter spins a bounded number of times, then
 *          sleeps in short slices, because users run more CPUs than cores.
 * Source   include/linux/bit_spinlock.h
 */
import { cpu_relax, fetch_and, fetch_or, futex_wait, READ_ONCE } from '#access'

const SPINS = 200
const NAP_NS = 50_000

/** Takes the bit. */
export function bit_spin_lock(bit: number, addr: number): void {
  const mask = 1 << bit
  while ((fetch_or(addr, mask) & mask) !== 0) bit_spin_wait(mask, addr)
}

function bit_spin_wait(mask: number, addr: number): void {
  for (let i = 0; i < SPINS; i++) {
    if ((READ_ONCE(addr) & mask) === 0) return
    cpu_relax()
  }
  const seen = READ_ONCE(addr)
  if ((seen & mask) !== 0) futex_wait(addr, seen, NAP_NS)
}

/** Gives the bit back. */
export function bit_spin_unlock(bit: number, addr: number): void {
  fetch_and(addr, ~(1 << bit))
}
