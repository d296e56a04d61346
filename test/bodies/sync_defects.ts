/**
 * Patterns found defective in published lock libraries, each in its smallest form, beside ours under the same shape. The
 * bodies below run either.
 */
import { cmpxchg, fetch_add, fetch_sub, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import {
  BLOCKED_CONDITION,
  BLOCKED_RWSEM_READ,
  BLOCKED_RWSEM_WRITE,
  BLOCKED_SEMAPHORE,
  clear_blocked,
  set_blocked,
} from '../../src/mem/task.ts'
import { condition_signal, condition_wait } from '../../src/sync/condition.ts'
import { mutex_lock, mutex_unlock } from '../../src/sync/mutex.ts'
import { call_once } from '../../src/sync/once.ts'
import { down_read, down_write, up_read, up_write } from '../../src/sync/rwsem.ts'
import { down, up } from '../../src/sync/semaphore.ts'
import { arrive, await_blocked, await_stage, nap, reach } from './sync_stage.ts'

export interface DefectArg {
  readonly ours: boolean
  /** Zeroed words for the objects: a free lock, a semaphore without units. */
  readonly object: number
  readonly words: number
  readonly stage: number
  readonly rounds: number
}

/** Gives one unit, and notifies only if there was none: a second one right after it wakes nobody. */
function post_on_zero(sem: number): void {
  if (fetch_add(sem, 1) === 0) futex_wake(sem, 1)
}

function wait_unit(sem: number): void {
  for (;;) {
    const units = READ_ONCE(sem)
    if (units > 0) {
      if (cmpxchg(sem, units, units - 1) === units) return
    } else {
      set_blocked(sem, BLOCKED_SEMAPHORE)
      futex_wait(sem, 0)
      clear_blocked()
    }
  }
}

/** Two sleepers, two posts in a row, every round. */
export function postTwice(cpu: number, _cpus: number, arg: DefectArg): void {
  const sem = as<'semaphore'>(arg.object)
  for (let i = 1; i <= arg.rounds; i++) {
    if (cpu === 0) {
      await_blocked(1)
      await_blocked(2)
      for (let post = 0; post < 2; post++) {
        if (arg.ours) up(sem)
        else post_on_zero(sem)
      }
    } else {
      if (arg.ours) down(sem)
      else wait_unit(sem)
      arrive(arg.stage)
    }
    await_stage(arg.stage, 2 * i)
  }
}

/** Sleeps on a word that never changes: a signal between unlock and sleep is lost. */
function wait_on_constant(c: number, lock: number): void {
  mutex_unlock(as(lock))
  set_blocked(c, BLOCKED_CONDITION)
  futex_wait(c, 0)
  clear_blocked()
  mutex_lock(as(lock))
}

/** A flag goes back and forth between two threads, under a mutex and a condition each way. */
export function signalUnderMutex(cpu: number, _cpus: number, arg: DefectArg): void {
  const lock = as<'mutex'>(arg.object)
  const mine = as<'condition'>(arg.object + 8 + 4 * cpu)
  const other = as<'condition'>(arg.object + 8 + 4 * (1 - cpu))
  for (let i = 0; i < arg.rounds; i++) {
    mutex_lock(lock)
    while ((READ_ONCE(arg.words) & 1) !== cpu) {
      if (arg.ours) condition_wait(mine, lock)
      else wait_on_constant(mine, lock)
    }
    fetch_add(arg.words, 1)
    if (arg.ours) condition_signal(other)
    else futex_wake(other, 1)
    mutex_unlock(lock)
  }
}

/** Marks it done before it has been done. */
function once_too_early(o: number, fn: () => void): void {
  if (cmpxchg(o, 0, 1) === 0) fn()
}

/** CPU 0 is inside the initialiser when the others come. Returns whether each found the result. */
export function initialise(cpu: number, cpus: number, arg: DefectArg): boolean {
  const enter = arg.ours
    ? (fn: () => void) => call_once(as(arg.object), fn)
    : once_too_early.bind(null, arg.object)
  if (cpu > 0) {
    await_stage(arg.stage, 1)
    fetch_add(arg.words + 1, 1)
  }
  enter(() => {
    reach(arg.stage, 1)
    while (READ_ONCE(arg.words + 1) < cpus - 1) nap()
    for (let i = 0; i < 40; i++) nap()
    WRITE_ONCE(arg.words, 42)
  })
  return READ_ONCE(arg.words) === 42
}

const WRITER = -1

/** Readers get in whenever readers are in. */
function read_enter(lock: number): void {
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen !== WRITER && cmpxchg(lock, seen, seen + 1) === seen) return
    if (seen !== WRITER) continue
    set_blocked(lock, BLOCKED_RWSEM_READ)
    futex_wait(lock, WRITER)
    clear_blocked()
  }
}

function write_enter(lock: number): void {
  for (;;) {
    const seen = cmpxchg(lock, 0, WRITER)
    if (seen === 0) return
    set_blocked(lock, BLOCKED_RWSEM_WRITE)
    futex_wait(lock, seen)
    clear_blocked()
  }
}

function write_leave(lock: number): void {
  WRITE_ONCE(lock, 0)
  futex_wake(lock, 1 << 20)
}

/** Two readers whose sections overlap all the time; CPU 0 wants to write `rounds` times. */
export function overlapReaders(cpu: number, _cpus: number, arg: DefectArg): void {
  const sem = as<'rw_semaphore'>(arg.object)
  if (cpu === 0) {
    await_stage(arg.stage, 2)
    while (READ_ONCE(arg.words) === 0) nap()
    for (let i = 0; i < arg.rounds; i++) {
      if (arg.ours) {
        down_write(sem)
        up_write(sem)
      } else {
        write_enter(sem)
        write_leave(sem)
      }
    }
    reach(arg.stage, 1000)
    return
  }
  arrive(arg.stage)
  // Ours lets nobody in behind a queued writer: do not wait for that for ever.
  const patience = arg.ours ? 20 : Infinity
  while (READ_ONCE(arg.stage) < 1000) {
    if (arg.ours) down_read(sem)
    else read_enter(sem)
    const mine = fetch_add(arg.words, 1)
    for (let polls = 0; polls < patience && READ_ONCE(arg.words) === mine + 1; polls++) nap()
    if (arg.ours) up_read(sem)
    else if (fetch_sub(sem, 1) === 1) futex_wake(sem, 1)
  }
}

/** Wakes as many sleepers as units were given, whatever each of them needs. */
function release_some(sem: number, units: number): void {
  fetch_add(sem, units)
  futex_wake(sem, units)
}

function acquire_some(sem: number, units: number): void {
  for (;;) {
    const there = READ_ONCE(sem)
    if (there >= units) {
      if (cmpxchg(sem, there, there - units) === there) return
      continue
    }
    set_blocked(sem, BLOCKED_SEMAPHORE)
    futex_wait(sem, there)
    clear_blocked()
  }
}

/** CPU 1 waits for three units, CPU 2, behind it, for one; CPU 0 gives one. CPU 2 must get it. */
export function smallBehindBig(cpu: number, _cpus: number, arg: DefectArg): void {
  const sem = as<'semaphore'>(arg.object)
  const acquire = arg.ours ? down.bind(null, sem) : acquire_some.bind(null, sem)
  const release = arg.ours ? up.bind(null, sem) : release_some.bind(null, sem)
  if (cpu === 0) {
    reach(arg.stage, 1)
    await_blocked(1)
    // It says that it sleeps a moment before it does.
    for (let i = 0; i < 40; i++) nap()
    reach(arg.stage, 2)
    await_blocked(2)
    for (let i = 0; i < 40; i++) nap()
    release(1)
    await_stage(arg.stage, 3)
    release(3)
  } else {
    await_stage(arg.stage, cpu)
    acquire(cpu === 1 ? 3 : 1)
    if (cpu === 2) reach(arg.stage, 3)
  }
}
