/**
 * lockdep: the lock validator. It learns in which order classes of locks are taken, on all CPUs of the machine together, and
 * reports an order that can deadlock when it first sees it, even if the two tasks never meet.
 *
 * Invariant   each task's held locks follow its own acquire and release; the graph is the machine's.
 * Order       graph lock → store's lock.
 * Context     any tracepoint. A known sequence of classes takes no lock; a new one takes the graph lock.
 * Source      kernel/locking/lockdep.c, Documentation/locking/lockdep-design.rst (behaviour)
 */
import { smp_processor_id } from '#access'
import { DeadlockError } from '../../base/sync_error.ts'
import { raw_attach, raw_fetch_add, raw_load, raw_read, raw_watched, raw_write } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { LOCK_SRCU } from '../../trace/trace.fast.ts'
import { CLASS, classAt, classOf, KEY_MASK, MAX_SUBCLASSES, NOVALIDATE, registerKey } from '../lock_class.ts'
import { checkFreed, holds, spinsHeld } from './assertions.ts'
import type { Context } from './context.ts'
import { FLAG_SRCU_SYNC, hasFlag, LD, lockdep_root } from './globals.ts'
import { depthOf, F_CHECK, F_SYNC, F_TRY, H_OFF, heldOf } from './held.ts'
import {
  reportBadUnlock,
  reportExit,
  reportLimit,
  reportNonStaticKey,
  reportSubclass,
  reportSysExit,
} from './report_use.ts'
import { Taking } from './taking.ts'
import { warnAssertion, warnRcu, warnSleeping } from './warn.ts'

/** What a thread may choose for itself. */
export interface LockdepThreadOptions {
  /** `throw`: the report that turns lockdep off also raises a DeadlockError, before the lock is taken. */
  readonly onReport?: 'continue' | 'throw'
  /** Frames of others between a tracepoint and lockdep: it looks so much deeper for who takes a lock. Default 0. */
  readonly between?: number
}

const SYNC_IN_READER = 'Illegal synchronize_srcu() in same-type SRCU (or in RCU) read-side critical section!'

/** One thread's lockdep; lockdep_init has set the graph up. */
export class Lockdep implements Observer {
  readonly name = 'lockdep'
  readonly #throws: boolean
  readonly #taking: Taking

  /** Watches the arena that this thread is attached to; lockdep_init has set it up. */
  constructor({ onReport = 'continue', between = 0 }: LockdepThreadOptions = {}) {
    raw_attach()
    this.#taking = new Taking(between)
    this.#throws = onReport === 'throw'
  }

  /** Globals, if this CPU's accesses are in the watched arena; otherwise 0. */
  #known(): number {
    const globals = lockdep_root()
    if (globals === 0 || !raw_watched()) return 0
    return smp_processor_id() < raw_read(globals + LD.cpus) ? globals : 0
  }

  /** Globals, if lockdep is on for this CPU now; otherwise 0. */
  #on(): number {
    const globals = this.#known()
    if (globals === 0 || raw_load(globals + LD.debug_locks) === 0) return 0
    return raw_read(this.#task(globals) + H_OFF) === 0 ? globals : 0
  }

  #task(globals: number): number {
    return heldOf(globals, smp_processor_id())
  }

  #context(globals: number): Context {
    return this.#taking.context(globals)
  }

  #end(globals: number): void {
    if (!this.#throws || raw_load(globals + LD.debug_locks) !== 0) return
    throw new DeadlockError('lockdep has made its report')
  }

  lockInit(lock: number, depMap: number, name: string, kind: number): void {
    if (!raw_watched()) return
    raw_write(depMap, registerKey(name, kind))
    const globals = this.#on()
    if (globals === 0) return
    if (raw_read(depMap) === 0) reportLimit(this.#context(globals), 'MAX_LOCKDEP_KEYS')
    this.#freed(globals, lock, Math.max(1, depMap - lock + 1))
  }

  lockNovalidate(depMap: number): void {
    if (raw_watched()) raw_write(depMap, raw_read(depMap) | NOVALIDATE)
  }

  lockAcquire(
    lock: number,
    depMap: number,
    subclass: number,
    trylock: boolean,
    mode: number,
    nest: number,
  ): void {
    const globals = this.#on()
    if (globals === 0) return
    const dep = raw_read(depMap)
    const cls = this.#classOf(globals, lock, dep, subclass)
    if (cls === 0) return
    const flags = mode | (trylock ? F_TRY : 0) | (this.#checked(globals, dep, cls) ? F_CHECK : 0)
    this.#taking.acquire(globals, { lock, cls, flags, nest })
    this.#end(globals)
  }

  #checked(globals: number, dep: number, cls: number): boolean {
    if ((dep & NOVALIDATE) !== 0) return false
    return raw_read(classAt(cls) + CLASS.kind) !== LOCK_SRCU || hasFlag(globals, FLAG_SRCU_SYNC)
  }

  #classOf(globals: number, lock: number, dep: number, subclass: number): number {
    if ((dep & KEY_MASK) === 0) {
      reportNonStaticKey(this.#context(globals), lock)
    } else if (subclass < 0 || subclass >= MAX_SUBCLASSES) {
      reportSubclass(this.#context(globals), subclass)
    } else {
      const cls = classOf(dep, subclass)
      if (cls !== 0) {
        raw_fetch_add(classAt(cls) + CLASS.ops, 1)
        return cls
      }
      reportLimit(this.#context(globals), 'MAX_LOCKDEP_KEYS')
    }
    return 0
  }

  lockRelease(lock: number, depMap: number): void {
    const globals = this.#on()
    if (globals === 0 || this.#taking.release(globals, lock)) return
    reportBadUnlock(this.#context(globals), lock, depMap === 0 ? 0 : raw_read(depMap))
    this.#end(globals)
  }

  lockDowngrade(lock: number): void {
    const globals = this.#on()
    if (globals === 0 || this.#taking.downgrade(globals, lock)) return
    reportBadUnlock(this.#context(globals), lock, 0)
    this.#end(globals)
  }

  lockSync(lock: number, depMap: number): void {
    const globals = this.#on()
    if (globals === 0) return
    if (holds(this.#task(globals), lock, -1)) {
      warnRcu(this.#context(globals), SYNC_IN_READER)
      return
    }
    const dep = raw_read(depMap)
    if (!hasFlag(globals, FLAG_SRCU_SYNC) || (dep & KEY_MASK) === 0) return
    const cls = this.#classOf(globals, lock, dep, 0)
    if (cls !== 0) this.#taking.acquire(globals, { lock, cls, flags: F_CHECK | F_SYNC, nest: 0 })
    this.#end(globals)
  }

  /** A task that is about to wait says where it took its locks: others may have to report it. */
  lockContended(): void {
    const globals = this.#known()
    if (globals !== 0) this.#taking.captures.flush(globals, smp_processor_id())
  }

  wait(): void {
    this.lockContended()
  }

  lockdepOff(): void {
    this.#turn(1)
  }

  lockdepOn(): void {
    this.#turn(-1)
  }

  #turn(by: number): void {
    const globals = this.#known()
    if (globals === 0) return
    const off = this.#task(globals) + H_OFF
    raw_write(off, raw_read(off) + by)
  }

  free(addr: number, words: number): void {
    const globals = this.#on()
    if (globals !== 0) this.#freed(globals, addr, words)
  }

  #freed(globals: number, from: number, words: number): void {
    checkFreed(this.#task(globals), from, words, () => this.#context(globals))
    this.#end(globals)
  }

  taskExit(): void {
    const globals = this.#on()
    if (globals !== 0 && depthOf(this.#task(globals)) > 0) reportExit(this.#context(globals))
  }

  sysExit(): void {
    const globals = this.#on()
    if (globals !== 0 && depthOf(this.#task(globals)) > 0) reportSysExit(this.#context(globals))
  }

  mightSleep(): void {
    const globals = this.#on()
    const spins = globals === 0 ? 0 : spinsHeld(this.#task(globals))
    if (spins > 0) warnSleeping(this.#context(globals), spins)
  }

  assertHeld(lock: number, mode: number): void {
    const globals = this.#on()
    if (globals !== 0 && !holds(this.#task(globals), lock, mode)) warnAssertion(this.#context(globals))
  }

  assertNotHeld(lock: number): void {
    const globals = this.#on()
    if (globals !== 0 && holds(this.#task(globals), lock, -1)) warnAssertion(this.#context(globals))
  }

  assertNoneHeld(): void {
    const globals = this.#on()
    if (globals !== 0 && depthOf(this.#task(globals)) > 0) warnAssertion(this.#context(globals))
  }

  rcuMisuse(message: string): void {
    const globals = this.#on()
    if (globals !== 0) warnRcu(this.#context(globals), message)
  }

  srcuDereference(lock: number): void {
    const globals = this.#on()
    if (globals === 0 || holds(this.#task(globals), lock, -1)) return
    warnRcu(this.#context(globals), 'suspicious srcu_dereference_check() usage!')
  }
}
