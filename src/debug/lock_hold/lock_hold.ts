/**
 * lock_hold: the locks of named classes are held longer, by a time that the run declares. Whoever has taken one, for reading or
 * writing, keeps its CPU busy for that time before it goes on: the answer to "what if this lock were held longer?".
 *
 * Rules   once per acquisition, between the lock's code and its user's. Nothing is delayed until lock_hold_begin. It is
 *         installed behind the detectors: what lock_stat calls held includes the delay.
 */
import { ktime_get_ns, smp_processor_id } from '#access'
import { raw_attach, raw_read, raw_watched, raw_write } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { KEY_MASK, keyName, registerKey } from '../lock_class.ts'
import { countOf, LH, lock_hold_root, type LockHoldPlan } from './globals.ts'

/** The class is in no plan. */
const NONE = -1

export class LockHold implements Observer {
  readonly name = 'lock_hold'
  readonly #plan: readonly LockHoldPlan[]
  /** Place in the plan by key of the class. */
  readonly #byKey: number[] = []
  /** Locks of the plan that this CPU is about to take, and their places in it. */
  readonly #locks: number[] = []
  readonly #places: number[] = []

  /** Delays in the arena that this thread is attached to; lock_hold_init has set it up with the same plan. */
  constructor(plan: readonly LockHoldPlan[]) {
    raw_attach()
    this.#plan = plan
  }

  #on(): number {
    const globals = lock_hold_root()
    if (globals === 0 || raw_read(globals + LH.on) === 0 || !raw_watched()) return 0
    return smp_processor_id() < raw_read(globals + LH.cpus) ? globals : 0
  }

  #place(depMap: number): number {
    const dep = raw_read(depMap)
    const key = dep & KEY_MASK
    return (this.#byKey[key] ??= this.#plan.findIndex(({ lock }) => lock === keyName(dep)))
  }

  /** Forgets a lock that was to be taken. Returns its place in the plan. */
  #settle(lock: number): number {
    const at = this.#locks.lastIndexOf(lock)
    if (at < 0) return NONE
    this.#locks.splice(at, 1)
    return this.#places.splice(at, 1)[0] as number
  }

  lockInit(_lock: number, depMap: number, name: string, kind: number): void {
    if (raw_watched()) raw_write(depMap, registerKey(name, kind))
  }

  lockAcquire(lock: number, depMap: number): void {
    if (this.#on() === 0) return
    const place = this.#place(depMap)
    if (place === NONE) return
    this.#locks.push(lock)
    this.#places.push(place)
  }

  lockAcquired(lock: number): void {
    const place = this.#settle(lock)
    if (place === NONE) return
    const globals = this.#on()
    if (globals === 0) return
    const count = countOf(globals, smp_processor_id(), place)
    raw_write(count, raw_read(count) + 1)
    busy((this.#plan[place] as LockHoldPlan).ns)
  }

  /** A lock that was not got after all is given back without having been acquired. */
  lockRelease(lock: number): void {
    if (this.#locks.length > 0) this.#settle(lock)
  }
}

function busy(ns: number): void {
  if (ns === 0) return
  const end = ktime_get_ns() + ns
  while (ktime_get_ns() < end);
}
