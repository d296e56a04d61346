/**
 * The gates, by the id that shared memory holds.
 */
import { OpsTable } from '../../base/ops.ts'
import { busted } from './busted.ts'
import type { Gate } from './gate.ts'
import { none } from './none.ts'
import { percpu_ref } from './percpu_ref.ts'
import { refcount } from './refcount.ts'
import { rwsem } from './rwsem.ts'
import { srcu } from './srcu.ts'

/** All members of the family, the control last. */
export const GATES: readonly Gate[] = [none, rwsem, refcount, srcu, percpu_ref, busted]

const table = new OpsTable<Gate>('gate')
const ids = new Map(GATES.map((gate) => [gate.name, table.define(gate.name, gate)]))

/** Id of a gate. */
export function gateId(gate: Gate): number {
  return ids.get(gate.name) as number
}

/** The gate of an id. */
export function gateOf(id: number): Gate {
  return table.get(id)
}
