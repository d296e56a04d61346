/**
 * lock_waits: who made whom wait. Each wait for a lock is charged to the CPU that let go of the lock last before the wait ended,
 * with the places where both had taken it.
 *
 * Cost     a lock that nobody waits for costs a push and a pop; one that is contended, two stacks.
 * Known difference  the owner's place is where it gave the lock back, not where it took it: the same function as a rule, and free
 *          as long as nobody waits. Of several readers the last one is charged with all of a writer's wait.
 */
import { ktime_get_ns, smp_processor_id } from '#access'
import {
  raw_attach,
  raw_fetch_add,
  raw_load,
  raw_read,
  raw_store,
  raw_watched,
  raw_write,
} from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { classOf, KEY_MASK, MAX_SUBCLASSES, registerKey } from '../lock_class.ts'
import { capture, framesOf } from '../stack.ts'
import { saveStack } from '../stack_depot.ts'
import { addWait, L_OWNER, L_STACK, L_WAITING, lock_waits_root, lockSlot, tablesOf } from './globals.ts'

/** Frames that a stack keeps, those of the checker included. */
const DEPTH = 32

/** A lock that this CPU is about to take. */
interface Taking {
  readonly lock: number
  readonly cls: number
  /** 0 as long as it has not had to wait. */
  since: number
  slot: number
  stack: number
}

export class LockWaits implements Observer {
  readonly name = 'lock_waits'
  readonly #taking: Taking[] = []

  /** Notes in the arena that this thread is attached to; lock_waits_init has set it up. */
  constructor() {
    raw_attach()
  }

  #on(): number {
    const globals = lock_waits_root()
    return globals !== 0 && raw_watched() && smp_processor_id() < tablesOf(globals) ? globals : 0
  }

  lockInit(_lock: number, depMap: number, name: string, kind: number): void {
    if (raw_watched()) raw_write(depMap, registerKey(name, kind))
  }

  lockAcquire(lock: number, depMap: number, subclass: number): void {
    if (this.#on() === 0) return
    const dep = raw_read(depMap)
    if ((dep & KEY_MASK) === 0 || subclass >= MAX_SUBCLASSES) return
    this.#taking.push({ lock, cls: classOf(dep, subclass), since: 0, slot: 0, stack: 0 })
  }

  /** The lock that is being taken; undefined if it is not. It stays where it is. */
  #find(lock: number): Taking | undefined {
    return this.#taking.findLast((one) => one.lock === lock)
  }

  #settle(lock: number): Taking | undefined {
    const at = this.#taking.findLastIndex((one) => one.lock === lock)
    return at < 0 ? undefined : this.#taking.splice(at, 1)[0]
  }

  lockContended(lock: number): void {
    const globals = this.#on()
    const taking = this.#find(lock)
    if (globals === 0 || taking === undefined || taking.since !== 0) return
    taking.slot = lockSlot(globals, lock, true)
    if (taking.slot !== 0) raw_fetch_add(taking.slot + L_WAITING, 1)
    taking.stack = saveStack(framesOf(capture(DEPTH)))
    taking.since = ktime_get_ns()
  }

  lockAcquired(lock: number): void {
    const taking = this.#settle(lock)
    if (taking === undefined || taking.since === 0) return
    const ns = ktime_get_ns() - taking.since
    const globals = this.#on()
    const owner = this.#leave(taking)
    if (globals !== 0) addWait(globals, smp_processor_id(), [taking.cls, ...owner, taking.stack], ns)
  }

  /** No longer waits. Returns who let go last and its stack. */
  #leave({ slot, since }: Taking): readonly [number, number] {
    if (slot === 0 || since === 0) return [0, 0]
    raw_fetch_add(slot + L_WAITING, -1)
    return [raw_load(slot + L_OWNER), raw_load(slot + L_STACK)]
  }

  /** Before the lock is free. A lock that was not got after all comes here, too. */
  lockRelease(lock: number): void {
    const given = this.#settle(lock)
    if (given !== undefined) {
      this.#leave(given)
      return
    }
    const globals = this.#on()
    if (globals === 0) return
    const slot = lockSlot(globals, lock, false)
    if (slot === 0 || raw_load(slot + L_WAITING) <= 0) return
    raw_store(slot + L_STACK, saveStack(framesOf(capture(DEPTH))))
    raw_store(slot + L_OWNER, smp_processor_id() + 1)
  }
}
