/**
 * The chain cache: every sequence of lock classes that was validated once, by a 64-bit key. Taking locks in a known
 * sequence costs one look-up and no lock.
 *
 * Layout   open addressing; an entry is low half (0: free), high half, number of locks, first of its hlocks. The low half is
 *          written last: whoever sees it sees the rest.
 * Order    additions take the graph lock; look-ups none.
 */
import { raw_load, raw_read, raw_store, raw_write } from '../../mem/raw.ts'
import { CHAIN_WORDS, LD } from './globals.ts'
import { entryOf, H_CHAIN_HI, H_CHAIN_LO, L_CLASS, L_FLAGS, MODE_MASK } from './held.ts'

const MODE_SHIFT = 14

/** Class and mode of a held lock, as one number. */
export function hlockId(cls: number, mode: number): number {
  return cls | (mode << MODE_SHIFT)
}

/** Class of an hlock id. */
export function hlockClass(id: number): number {
  return id & ((1 << MODE_SHIFT) - 1)
}

/** Low half of the key of a sequence with one more lock. Never 0. */
export function chainLow(low: number, id: number): number {
  let key = Math.imul(low ^ id, 0x9e37_79b1)
  key = Math.imul(key ^ (key >>> 15), 0x85eb_ca6b)
  return key ^ (key >>> 13) || 1
}

/** High half, independent of the low one. */
export function chainHigh(high: number, id: number): number {
  const key = Math.imul((high << 5) ^ (high >>> 27) ^ id, 0xc2b2_ae35)
  return key ^ (key >>> 16)
}

/** Slot of a chain, or the free slot where it belongs. */
function find(globals: number, low: number, high: number): number {
  const table = raw_read(globals + LD.chain_table)
  const mask = raw_read(globals + LD.chain_slots) - 1
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const at = table + slot * CHAIN_WORDS
    const found = raw_load(at)
    if (found === 0 || (found === low && raw_read(at + 1) === high)) return at
  }
}

/** True if the sequence has been validated. */
export function knownChain(globals: number, low: number, high: number): boolean {
  return raw_load(find(globals, low, high)) !== 0
}

/** Why a chain could not be added. */
export type ChainLimit = 'MAX_LOCKDEP_CHAINS' | 'MAX_LOCKDEP_CHAIN_HLOCKS'

/**
 * Adds the sequence of the task's `depth` locks and one more. Under the graph lock.
 * @returns the limit that stands in the way, or undefined
 */
export function addChain(
  globals: number,
  task: number,
  depth: number,
  id: number,
  low: number,
  high: number,
): ChainLimit | undefined {
  const at = find(globals, low, high)
  if (raw_read(at) !== 0) return undefined
  const chains = raw_read(globals + LD.chains)
  if (chains >= (raw_read(globals + LD.chain_slots) * 3) / 4) return 'MAX_LOCKDEP_CHAINS'
  const used = raw_read(globals + LD.hlocks)
  if (used + depth + 1 > raw_read(globals + LD.max_hlocks)) return 'MAX_LOCKDEP_CHAIN_HLOCKS'
  const first = raw_read(globals + LD.hlock_pool) + used
  for (let i = 0; i < depth; i++) {
    const entry = entryOf(task, i)
    raw_write(first + i, hlockId(raw_read(entry + L_CLASS), raw_read(entry + L_FLAGS) & MODE_MASK))
  }
  raw_write(first + depth, id)
  raw_write(globals + LD.hlocks, used + depth + 1)
  raw_write(globals + LD.chains, chains + 1)
  raw_write(at + 1, high)
  raw_write(at + 2, depth + 1)
  raw_write(at + 3, first)
  raw_store(at, low)
  return undefined
}

/** Moves the task's key on by one lock. */
export function setChainKey(task: number, low: number, high: number): void {
  raw_write(task + H_CHAIN_LO, low)
  raw_write(task + H_CHAIN_HI, high)
}

/** All chains, as sequences of hlock ids. For /proc/lockdep_chains. */
export function allChains(globals: number): number[][] {
  const table = raw_read(globals + LD.chain_table)
  const found: number[][] = []
  for (let slot = 0; slot < raw_read(globals + LD.chain_slots); slot++) {
    const at = table + slot * CHAIN_WORDS
    if (raw_load(at) === 0) continue
    const first = raw_read(at + 3)
    found.push(Array.from({ length: raw_read(at + 2) }, (_, i) => raw_read(first + i)))
  }
  return found
}
