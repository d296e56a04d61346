/**
 * Who keeps an SRCU grace period waiting, from the counters of the domain.
 *
 * Invariant   a reader of index i on a CPU shows as lock counter i ≠ unlock counter i of that CPU's slot; bit 0 is a flag.
 *             In its second scan a grace period waits for the index that readers no longer use, before that for both.
 * Source      src/sync/srcu.ts, src/sync/srcu_gp.ts (layout and phases)
 */
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { layoutOf } from '../../mem/layout.ts'

const SCAN2 = 2
const PHASE_MASK = 3
const UNLOCKS = 2

/** True if the task of `cpu` is inside a reader that the domain's grace period waits for. */
export function keepsGracePeriod(view: Int32Array, ssp: number, cpu: number): boolean {
  const layout = layoutOf('srcu_struct')
  if (layout === undefined) return false
  const get = (name: string): number => {
    const field = layout.fields.find((one) => one.name === name)
    return field === undefined ? 0 : (view[ssp + field.offset] ?? 0)
  }
  // Domains outside an arena share slots between threads.
  if (get('slot_mask') !== -1) return false
  const slot = get('sda') + cpu * CACHE_LINE_WORDS
  const inside = (i: number): boolean => (view[slot + i] ?? 0) >> 1 !== (view[slot + UNLOCKS + i] ?? 0) >> 1
  const old = (get('idx') & 1) ^ 1
  return inside(old) || ((get('gp_seq') & PHASE_MASK) !== SCAN2 && inside(old ^ 1))
}
