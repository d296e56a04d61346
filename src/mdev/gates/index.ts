/**
 * The gates, by the id that shared memory holds.
 */
import { hashName, OpsTable } from '../../base/ops.ts'
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

/** Makes a gate known, if it is not. On every CPU alike. */
export function define_gate(gate: Gate): void {
  if (table.find(gate.name) !== gate) table.define(gate.name, gate)
}

GATES.forEach(define_gate)

/** Id of a gate. */
export function gateId({ name }: Gate): number {
  return hashName(name)
}

/** The gate of an id. */
export function gateOf(id: number): Gate {
  return table.get(id)
}
