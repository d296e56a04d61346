/** Tasks that get stuck on each other until they are sent a signal, for the hung-task tests. */
import { fetch_add, futex_wait, READ_ONCE, write } from '#access'
import type { Addr } from '../../src/base/addr.ts'
import { current, task_struct, TASK_RUNNING } from '../../src/mem/task.ts'
import {
  down_read,
  down_write,
  mutex_lock,
  mutex_lock_interruptible,
  mutex_unlock,
  srcu_read_lock,
  srcu_read_unlock,
  synchronize_srcu,
  up_read,
  up_write,
} from '../../src/sync/index.ts'

/** A look every millisecond: others need the core. */
const NAP_NS = 1_000_000

export interface HangArg {
  readonly a: Addr<'mutex'>
  readonly b: Addr<'mutex'>
  readonly sem: Addr<'rw_semaphore'>
  readonly srcu: Addr<'srcu_struct'>
  readonly arrived: number
  readonly rounds: number
}

function meet(word: number, cpus: number): void {
  write(current() + task_struct.offset.state, TASK_RUNNING)
  fetch_add(word, 1)
  for (let n = READ_ONCE(word); n < cpus; n = READ_ONCE(word)) futex_wait(word, n, NAP_NS)
}

/** Each takes its own mutex, then wants the next CPU's: a circle of `cpus`. */
export function abba(cpu: number, cpus: number, arg: HangArg): number {
  const mine = cpu === 0 ? arg.a : arg.b
  const other = cpu === 0 ? arg.b : arg.a
  mutex_lock(mine)
  meet(arg.arrived, cpus)
  const error = mutex_lock_interruptible(other)
  if (error === 0) mutex_unlock(other)
  mutex_unlock(mine)
  return error
}

/** CPU 0 reads and wants the mutex, CPU 1 has the mutex and wants to write. */
export function readerWriter(cpu: number, cpus: number, arg: HangArg): number {
  let error = 0
  if (cpu === 0) {
    down_read(arg.sem)
    meet(arg.arrived, cpus)
    error = mutex_lock_interruptible(arg.a)
    up_read(arg.sem)
  } else {
    mutex_lock(arg.a)
    meet(arg.arrived, cpus)
    down_write(arg.sem)
    up_write(arg.sem)
    mutex_unlock(arg.a)
  }
  return error
}

/** CPU 0 is in an SRCU reader and wants the mutex, CPU 1 has the mutex and waits for all readers. */
export function gracePeriod(cpu: number, cpus: number, arg: HangArg): number {
  let error = 0
  if (cpu === 0) {
    const idx = srcu_read_lock(arg.srcu)
    meet(arg.arrived, cpus)
    error = mutex_lock_interruptible(arg.a)
    srcu_read_unlock(arg.srcu, idx)
  } else {
    mutex_lock(arg.a)
    meet(arg.arrived, cpus)
    synchronize_srcu(arg.srcu)
    mutex_unlock(arg.a)
  }
  return error
}

/** CPU 0 leaves with the mutex held, CPU 1 wants it. */
export function abandoned(cpu: number, cpus: number, arg: HangArg): number {
  if (cpu === 0) mutex_lock(arg.a)
  meet(arg.arrived, cpus)
  return cpu === 0 ? 0 : mutex_lock_interruptible(arg.a)
}

/** The control: two mutexes always in the same order. */
export function ordered(_cpu: number, cpus: number, arg: HangArg): number {
  meet(arg.arrived, cpus)
  for (let i = 0; i < arg.rounds; i++) {
    mutex_lock(arg.a)
    mutex_lock(arg.b)
    mutex_unlock(arg.b)
    mutex_unlock(arg.a)
  }
  return 0
}
