/**
 * Locks of the self-test. By default there are no locks behind them: a step is the tracepoint that the real lock would
 * raise, so that a deadlock costs nothing. Real locks can be put in their place, see `LockKinds`.
 */
import * as trace from '#trace'
import { alloc_boot } from '../mem/arena.ts'
import { parse, type Action, type Step } from './script.ts'

/** Kinds of locks. `rwlock` readers may nest; those of `qrwlock`, and of `rwsem`, may not. */
export type KindName = 'spin' | 'rwlock' | 'qrwlock' | 'mutex' | 'rwsem' | 'srcu'

/** How to make a lock of a kind, and what a step does to it. */
export interface Kind {
  /** A new, free lock of the class `name`. */
  create(name: string): number
  run(action: Action, lock: number, name: string): void
}
export type LockKinds = Readonly<Record<KindName, Kind>>

const DEP_MAP = 1

function traced(kind: number, readMode: number): Kind {
  const init = (lock: number, name: string): void => trace.trace_lock_init(lock, lock + DEP_MAP, name, kind)
  return {
    create(name) {
      const lock = alloc_boot(2, 2)
      init(lock, name)
      return lock
    },
    run(action, lock, name) {
      if (action === 'init') init(lock, name)
      else if (action === 'lock' || action === 'write') {
        trace.trace_lock_acquire(lock, lock + DEP_MAP, 0, false, trace.LOCK_WRITE, 0)
      } else if (action === 'read') {
        trace.trace_lock_acquire(lock, lock + DEP_MAP, 0, false, readMode, 0)
      } else trace.trace_lock_release(lock, lock + DEP_MAP)
    },
  }
}

/** Tracepoints only. */
export const TRACED: LockKinds = {
  spin: traced(trace.LOCK_SPINS, trace.LOCK_READ),
  rwlock: traced(trace.LOCK_SPINS, trace.LOCK_READ_RECURSIVE),
  qrwlock: traced(trace.LOCK_SPINS, trace.LOCK_READ),
  mutex: traced(trace.LOCK_SLEEPS, trace.LOCK_READ),
  rwsem: traced(trace.LOCK_SLEEPS, trace.LOCK_READ),
  srcu: traced(trace.LOCK_SRCU, trace.LOCK_READ_RECURSIVE),
}

/** Runs the steps in turn: `on` says what each does, and to which kind of lock. Locks are made when they are first named. */
export function play(
  script: string,
  on: (step: Step) => { readonly kind: Kind; readonly action: Action },
): void {
  const locks = new Map<string, number>()
  for (const step of parse(script)) {
    const { kind, action } = on(step)
    const name = `lock_${step.class}`
    const lock = locks.get(step.lock) ?? kind.create(name)
    locks.set(step.lock, lock)
    kind.run(action, lock, name)
  }
}
