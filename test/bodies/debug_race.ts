/** Pairs of CPUs that touch one word, with and without an order between them. They never touch it at the same moment. */
import { fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import type { Addr } from '../../src/base/addr.ts'
import { Kcsan } from '../../src/debug/index.ts'
import { installObserver } from '../../src/trace/observers.ts'
import * as sync from '../../src/sync/index.ts'

export interface RaceArg {
  /** Word that the tasks share. */
  readonly data: number
  /** Word that orders them for the checker. */
  readonly flag: number
  /** Word in memory that orders them in fact, unseen by the checker. */
  readonly unseen: Int32Array
  readonly mutex: Addr<'mutex'>
  readonly sem: Addr<'rw_semaphore'>
  readonly srcu: Addr<'srcu_struct'>
  readonly rounds: number
}

/** Lets others run for a millisecond. */
function nap(arg: RaceArg): void {
  Atomics.wait(arg.unseen, 2, 0, 1)
}

/** Starts the checker, and waits until it runs everywhere. */
function start(cpus: number, arg: RaceArg, places = true): void {
  installObserver(new Kcsan({ places }))
  Atomics.add(arg.unseen, 1, 1)
  while (Atomics.load(arg.unseen, 1) < cpus) nap(arg)
}

function turn(cpu: number, arg: RaceArg, mine: () => void): void {
  while (Atomics.load(arg.unseen, 0) !== cpu) nap(arg)
  mine()
  Atomics.store(arg.unseen, 0, cpu + 1)
}

function reader(arg: RaceArg): number {
  return read(arg.data)
}
function writer(arg: RaceArg): void {
  write(arg.data, 1)
}

export function plainWriteThenRead(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    if (cpu === 0) writer(arg)
    else reader(arg)
  })
}

export function plainWriteTwice(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    writer(arg)
  })
}

export function plainReads(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => reader(arg))
}

export function markedWriteThenPlainRead(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    if (cpu === 1) reader(arg)
    else WRITE_ONCE(arg.data, 1)
  })
}

export function marked(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    if (cpu === 1) READ_ONCE(arg.data)
    else WRITE_ONCE(arg.data, 1)
  })
}

/** Both tasks only read the flag: that orders nothing. */
export function readMarksNothing(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    if (cpu === 0) writer(arg)
    READ_ONCE(arg.flag)
    if (cpu === 1) reader(arg)
  })
}

/** Message passing: plain data, marked flag. */
export function published(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  if (cpu === 0) {
    writer(arg)
    WRITE_ONCE(arg.flag, 1)
  } else {
    while (READ_ONCE(arg.flag) === 0) nap(arg)
    reader(arg)
  }
}

/** The flag is set before the data is written: the order is wrong. */
export function publishedTooEarly(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  turn(cpu, arg, () => {
    if (cpu === 0) {
      WRITE_ONCE(arg.flag, 1)
      writer(arg)
    } else if (READ_ONCE(arg.flag) === 1) reader(arg)
  })
}

function update(arg: RaceArg): void {
  write(arg.data, read(arg.data) + 1)
}

/** Counts under a lock, or beside it: CPU 1 forgets it if `arg.rounds` is negative. */
export function lockedUpdates(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  const forget = arg.rounds < 0 && cpu === 1
  for (let i = 0; i < Math.abs(arg.rounds); i++) {
    if (!forget) sync.mutex_lock(arg.mutex)
    update(arg)
    if (!forget) sync.mutex_unlock(arg.mutex)
  }
}

/** Readers and writers of a semaphore. */
export function rwsemUpdates(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg)
  for (let i = 0; i < arg.rounds; i++) {
    if (cpu === 0) {
      sync.down_write(arg.sem)
      update(arg)
      sync.up_write(arg.sem)
    } else {
      sync.down_read(arg.sem)
      reader(arg)
      sync.up_read(arg.sem)
    }
  }
}

/** One CPU replaces what `flag` points at and reuses the old word after a grace period. */
export function srcuUpdates(cpu: number, cpus: number, arg: RaceArg): void {
  start(cpus, arg, false)
  for (let i = 0; i < arg.rounds; i++) {
    if (cpu === 0) {
      const next = READ_ONCE(arg.flag) === arg.data ? arg.data + 1 : arg.data
      write(next, i)
      WRITE_ONCE(arg.flag, next)
      sync.synchronize_srcu(arg.srcu)
    } else {
      const idx = sync.srcu_read_lock(arg.srcu)
      read(READ_ONCE(arg.flag))
      sync.srcu_read_unlock(arg.srcu, idx)
    }
  }
  fetch_add(arg.flag, 0)
}
