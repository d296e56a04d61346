/**
 * The accesses themselves, once the CPU has been chosen: effect on memory, oracles, record. Contracts of access.fast.ts.
 */
import {
  ADD,
  AND,
  CAS,
  CHANGED,
  LOAD,
  OR,
  READS,
  RELAX,
  SPINS,
  STORE,
  SUB,
  UNORDERED,
  WRITES,
  XCHG,
} from '../dependence.ts'
import { ACCESS_NAMES, A_ATOMIC_READ, A_ATOMIC_WRITE, A_PLAIN_READ, A_PLAIN_WRITE } from './clocks.ts'
import type { Execution } from './execution.ts'
import { BAD_ADDRESS, DATA_RACE, USE_AFTER_FREE } from '../../define/outcome.ts'
import { noteRead, spinAgain } from './spin.ts'
import { EPOCH_CPU, FREED, RACY_READ, VERSION } from './words.ts'

function fault(run: Execution, cpu: number, addr: number): never {
  const what = addr >= 0 && addr < run.rules.lowest ? 'NULL pointer dereference' : 'bad address'
  return run.fail(BAD_ADDRESS, cpu, `${what}: ${addr}`, addr)
}

/** Slot of a word that the CPU may touch: inside memory, outside the NULL page, in no freed object. */
export function usable(run: Execution, cpu: number, addr: number): number {
  if (!(addr >= run.rules.lowest && addr < run.memory.length)) fault(run, cpu, addr)
  const slot = run.words.at(addr)
  const freed = run.words.table[slot + FREED]!
  if (freed !== 0 && run.unwatched[cpu] === 0) {
    run.fail(USE_AFTER_FREE, cpu, `after cpu-${freed - 1} freed it`, addr)
  }
  return slot
}

export function raced(run: Execution, cpu: number, addr: number, mine: number, clash: number): never {
  const other = (clash & EPOCH_CPU) - 1
  const text = `${ACCESS_NAMES[mine]!} by cpu-${cpu}, not ordered with the ${ACCESS_NAMES[clash >> 4]!} by cpu-${other}`
  return run.fail(DATA_RACE, cpu, text, addr)
}

function order(
  run: Execution,
  cpu: number,
  addr: number,
  slot: number,
  reads: boolean,
  writes: boolean,
): void {
  const clash = run.clocks.atomic(cpu, slot, reads, writes)
  if (clash !== 0) raced(run, cpu, addr, writes ? A_ATOMIC_WRITE : A_ATOMIC_READ, clash)
}

/** An atomic read as part of a larger operation: checked and remembered, not recorded. */
export function orderedRead(run: Execution, cpu: number, addr: number): number {
  const slot = usable(run, cpu, addr)
  if (run.rules.races) order(run, cpu, addr, slot, true, false)
  noteRead(run, cpu, slot)
  return run.memory[addr]!
}

/** READ_ONCE. */
export function load(run: Execution, cpu: number, addr: number): number {
  const value = orderedRead(run, cpu, addr)
  run.record(LOAD, addr, 0, 0, value, READS)
  return value
}

/** data_race: neither checked nor ordered. */
export function racyLoad(run: Execution, cpu: number, addr: number): number {
  const slot = usable(run, cpu, addr)
  const value = run.memory[addr]!
  run.words.table[slot + RACY_READ]! |= 1 << cpu
  if (run.clocks.isRacy(cpu, slot)) run.onRacy?.(addr, cpu)
  noteRead(run, cpu, slot)
  run.record(LOAD, addr, 0, 0, value, READS | UNORDERED)
  return value
}

/** WRITE_ONCE. */
export function store(run: Execution, cpu: number, addr: number, value: number): void {
  const slot = usable(run, cpu, addr)
  if (run.rules.races) order(run, cpu, addr, slot, false, true)
  const old = run.memory[addr]!
  change(run, addr, slot, old, value)
  run.record(STORE, addr, value, value, old, old === value ? WRITES : WRITES | CHANGED)
}

function change(run: Execution, addr: number, slot: number, old: number, value: number): void {
  if (old === value) return
  run.memory[addr] = value
  run.words.table[slot + VERSION]!++
}

/** The value an operation leaves in the word. */
export function applied(op: number, old: number, operand: number): number {
  switch (op) {
    case ADD:
      return (old + operand) | 0
    case SUB:
      return (old - operand) | 0
    case OR:
      return old | operand
    case AND:
      return old & operand
    case XCHG:
    case STORE:
      return operand
    default:
      return old ^ operand
  }
}

/** fetch_* and xchg. */
export function modify(run: Execution, cpu: number, op: number, addr: number, operand: number): number {
  const slot = usable(run, cpu, addr)
  if (run.rules.races) order(run, cpu, addr, slot, true, true)
  const old = run.memory[addr]!
  const value = applied(op, old, operand)
  noteRead(run, cpu, slot)
  change(run, addr, slot, old, value)
  run.record(op, addr, operand, value, old, old === value ? READS | WRITES : READS | WRITES | CHANGED)
  return old
}

/** cmpxchg. One that fails is a read. */
export function exchange(run: Execution, cpu: number, addr: number, expected: number, value: number): number {
  const slot = usable(run, cpu, addr)
  const old = run.memory[addr]!
  const swaps = old === expected
  if (run.rules.races) order(run, cpu, addr, slot, true, swaps)
  noteRead(run, cpu, slot)
  if (!swaps) {
    run.record(CAS, addr, expected, value, old, READS)
    return old
  }
  change(run, addr, slot, old, value)
  run.record(CAS, addr, expected, value, old, old === value ? READS | WRITES : READS | WRITES | CHANGED)
  return old
}

/** cpu_relax, once something has changed. */
export function relax(run: Execution, cpu: number): void {
  run.record(RELAX, 0, 0, 0, 0, SPINS)
  spinAgain(run, cpu)
}

/** Plain load: no event, but it must not race. */
export function plainLoad(run: Execution, cpu: number, addr: number): number {
  const slot = usable(run, cpu, addr)
  if (run.rules.races) {
    const clash = run.clocks.plainRead(cpu, slot)
    if (clash !== 0) raced(run, cpu, addr, A_PLAIN_READ, clash)
  }
  return run.memory[addr]!
}

/** Plain store. */
export function plainStore(run: Execution, cpu: number, addr: number, value: number): void {
  const slot = usable(run, cpu, addr)
  if (run.rules.races) {
    const clash = run.clocks.plainWrite(cpu, slot)
    if (clash !== 0) raced(run, cpu, addr, A_PLAIN_WRITE, clash)
  }
  const racy = run.words.table[slot + RACY_READ]!
  if (racy !== 0) tellRacy(run, addr, racy & ~(1 << cpu))
  change(run, addr, slot, run.memory[addr]!, value | 0)
}

function tellRacy(run: Execution, addr: number, readers: number): void {
  for (let cpu = 0; cpu < run.cpus; cpu++) if (((readers >> cpu) & 1) !== 0) run.onRacy?.(addr, cpu)
}
