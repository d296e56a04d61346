/**
 * Two CPUs that are to try the same uuid look out for each other first, so that their creates really race. Neither waits
 * for long: they may come in any order, and with more CPUs than cores the other one may not be running.
 *
 * State   one word per device: how many of the two have come.
 */
import { cpu_relax, fetch_add, ktime_get_ns, read, READ_ONCE, write } from '#access'
import { alloc_boot, rootAddr } from '../../../mem/arena.ts'

const ROOT = rootAddr('storm_races')
/** Longest wait, nanoseconds: a few operations. */
const WAIT_NS = 100_000

/** Makes the words. Boot CPU. False when the arena is full. */
export function races_init(devices: number): boolean {
  const base = alloc_boot(1 + devices)
  if (base === 0) return false
  write(base, devices)
  write(ROOT, base)
  return true
}

/** Nobody has come yet. CPU 0, before a round. */
export function races_reset(): void {
  const base = read(ROOT)
  const devices = read(base)
  for (let i = 1; i <= devices; i++) write(base + i, 0)
}

/** Looks out for the other CPU that wants this device. */
export function rendezvous(device: number): void {
  const word = read(ROOT) + 1 + device
  if (fetch_add(word, 1) !== 0) return
  const end = ktime_get_ns() + WAIT_NS
  while (READ_ONCE(word) < 2 && ktime_get_ns() < end) for (let i = 0; i < 16; i++) cpu_relax()
}
