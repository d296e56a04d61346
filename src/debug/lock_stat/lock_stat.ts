/**
 * lock_stat: how often locks are taken and waited for, how long they are waited for and held, where, and by whom.
 *
 * Cost     two clock readings per lock and unlock; a stack is looked at only where somebody waited.
 * Known difference  the contending point is where the holder gave the lock back, not where he took it: the same function as a
 *          rule, and free as long as nobody waits.
 * Source   kernel/locking/lockdep.c (CONFIG_LOCK_STAT), Documentation/locking/lockstat.rst
 */
import { ktime_get_ns, smp_processor_id } from '#access'
import {
  raw_attach,
  raw_cmpxchg,
  raw_fetch_add,
  raw_load,
  raw_read,
  raw_read_f64,
  raw_store,
  raw_watched,
  raw_write,
  raw_write_f64,
} from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import {
  CLASS,
  classAt,
  classOf,
  KEY_MASK,
  LAST_CPU_SHIFT,
  MAX_SUBCLASSES,
  registerKey,
} from '../lock_class.ts'
import { capture, framesOf } from '../stack.ts'
import { callerId } from '../stack_depot.ts'
import * as g from './globals.ts'

const LS = g.LS
const CALLER_DEPTH = 14
const LAST_CPU_MASK = 0xffff

/** One thread's lock_stat; lock_stat_init has set the counters up. */
export class LockStat implements Observer {
  readonly name = 'lock_stat'
  /** dep_map addresses of the locks this CPU holds, beside their entries. */
  readonly #depMaps: number[][] = []

  /** Counts for the arena that this thread is attached to; lock_stat_init has set it up. */
  constructor() {
    raw_attach()
  }

  #on(): number {
    const globals = g.lock_stat_root()
    if (globals === 0 || raw_read(globals + LS.on) === 0 || !raw_watched()) return 0
    return smp_processor_id() < raw_read(globals + LS.cpus) ? globals : 0
  }

  lockInit(_lock: number, depMap: number, name: string, kind: number): void {
    if (raw_watched()) raw_write(depMap, registerKey(name, kind))
  }

  lockAcquire(lock: number, depMap: number, subclass: number, _trylock: boolean, mode: number): void {
    const globals = this.#on()
    if (globals === 0) return
    const cpu = smp_processor_id()
    const held = g.heldBy(globals, cpu)
    const depth = raw_read(held)
    const dep = raw_read(depMap)
    if (depth >= g.MAX_HELD || (dep & KEY_MASK) === 0 || subclass >= MAX_SUBCLASSES) return
    const entry = g.heldEntry(held, depth)
    raw_write(entry + g.H_LOCK, lock)
    raw_write(entry + g.H_CLASS, classOf(dep, subclass))
    raw_write(entry + g.H_MODE, mode === 0 ? 0 : 1)
    raw_store(entry + g.H_CONTENDED, 0)
    raw_write_f64(entry + g.H_SINCE, ktime_get_ns())
    raw_write_f64(entry + g.H_WAIT_SINCE, 0)
    const mine = (this.#depMaps[cpu] ??= [])
    mine[depth] = depMap
    raw_store(held, depth + 1)
  }

  /** Entry of a held lock, innermost first; -1 if it is not held. */
  #find(held: number, lock: number): number {
    for (let i = raw_read(held) - 1; i >= 0; i--) {
      if (raw_read(g.heldEntry(held, i) + g.H_LOCK) === lock) return i
    }
    return -1
  }

  #stat(globals: number, entry: number): number {
    const cls = raw_read(entry + g.H_CLASS)
    const counted = cls <= raw_read(globals + LS.classes) ? cls : 0
    return g.statOf(globals, smp_processor_id(), counted)
  }

  lockContended(lock: number): void {
    const globals = this.#on()
    if (globals === 0) return
    const cpu = smp_processor_id()
    const held = g.heldBy(globals, cpu)
    const at = this.#find(held, lock)
    if (at < 0) return
    const entry = g.heldEntry(held, at)
    const stat = this.#stat(globals, entry)
    const last = ((raw_load(this.#depMaps[cpu]?.[at] as number) >>> LAST_CPU_SHIFT) & LAST_CPU_MASK) - 1
    if (last >= 0 && last !== cpu) {
      add(stat + g.CON_BOUNCES + raw_read(entry + g.H_MODE), 1)
      this.#tellHolder(globals, last, lock)
    }
    countPoint(raw_read(entry + g.H_CLASS), CLASS.contention_point, stat + g.CONTENTION_COUNT, 1)
    raw_write_f64(entry + g.H_WAIT_SINCE, ktime_get_ns())
  }

  /** Leaves a mark with who has the lock; he says where, when he gives it back. */
  #tellHolder(globals: number, cpu: number, lock: number): void {
    const held = g.heldBy(globals, cpu)
    const at = this.#find(held, lock)
    if (at >= 0) raw_fetch_add(g.heldEntry(held, at) + g.H_CONTENDED, 1)
  }

  lockAcquired(lock: number): void {
    const globals = this.#on()
    if (globals === 0) return
    const cpu = smp_processor_id()
    const held = g.heldBy(globals, cpu)
    const at = this.#find(held, lock)
    if (at < 0) return
    const entry = g.heldEntry(held, at)
    const stat = this.#stat(globals, entry)
    const mode = raw_read(entry + g.H_MODE)
    const waitSince = raw_read_f64(entry + g.H_WAIT_SINCE)
    if (waitSince !== 0) {
      const now = ktime_get_ns()
      addTime(stat + g.WAIT_TIME + mode * g.TIME_WORDS, now - waitSince)
      raw_write_f64(entry + g.H_SINCE, now)
    }
    const depMap = this.#depMaps[cpu]?.[at] as number
    const dep = raw_load(depMap)
    if (((dep >>> LAST_CPU_SHIFT) & LAST_CPU_MASK) - 1 === cpu) return
    add(stat + g.ACQ_BOUNCES + mode, 1)
    raw_store(depMap, (dep & LAST_CPU_MASK) | ((cpu + 1) << LAST_CPU_SHIFT))
  }

  lockRelease(lock: number): void {
    const globals = this.#on()
    if (globals === 0) return
    const held = g.heldBy(globals, smp_processor_id())
    const at = this.#find(held, lock)
    if (at < 0) return
    this.#count(globals, g.heldEntry(held, at))
    this.#drop(held, at)
  }

  #count(globals: number, entry: number): void {
    const stat = this.#stat(globals, entry)
    const mode = raw_read(entry + g.H_MODE)
    addTime(stat + g.HOLD_TIME + mode * g.TIME_WORDS, ktime_get_ns() - raw_read_f64(entry + g.H_SINCE))
    const contended = raw_load(entry + g.H_CONTENDED)
    if (contended > 0) {
      countPoint(raw_read(entry + g.H_CLASS), CLASS.contending_point, stat + g.CONTENDING_COUNT, contended)
    }
  }

  /** Closes the gap that entry `at` leaves. */
  #drop(held: number, at: number): void {
    const depth = raw_read(held)
    for (let i = at + 1; i < depth; i++) {
      for (let w = 0; w < g.HELD_WORDS; w++) {
        raw_write(g.heldEntry(held, i - 1) + w, raw_read(g.heldEntry(held, i) + w))
      }
    }
    this.#depMaps[smp_processor_id()]?.splice(at, 1)
    raw_store(held, depth - 1)
  }

  /** The writer's time ends, a reader's begins. */
  lockDowngrade(lock: number): void {
    const globals = this.#on()
    if (globals === 0) return
    const held = g.heldBy(globals, smp_processor_id())
    const at = this.#find(held, lock)
    if (at < 0) return
    const entry = g.heldEntry(held, at)
    this.#count(globals, entry)
    raw_write(entry + g.H_MODE, 1)
    raw_store(entry + g.H_CONTENDED, 0)
    raw_write_f64(entry + g.H_SINCE, ktime_get_ns())
  }
}

function add(at: number, n: number): void {
  raw_write(at, raw_read(at) + n)
}

function addTime(at: number, ns: number): void {
  if (raw_read(at + g.T_NR) === 0 || ns < raw_read_f64(at + g.T_MIN)) raw_write_f64(at + g.T_MIN, ns)
  if (ns > raw_read_f64(at + g.T_MAX)) raw_write_f64(at + g.T_MAX, ns)
  raw_write_f64(at + g.T_TOTAL, raw_read_f64(at + g.T_TOTAL) + ns)
  add(at + g.T_NR, 1)
}

/** Counts this place in the class's table of four; a fifth place is not counted. */
function countPoint(cls: number, table: number, counts: number, n: number): void {
  const place = callerId(framesOf(capture(CALLER_DEPTH)))
  if (place === 0) return
  const points = classAt(cls) + table
  for (let i = 0; i < g.POINTS; i++) {
    const seen = raw_load(points + i) || raw_cmpxchg(points + i, 0, place) || place
    if (seen !== place) continue
    add(counts + i, n)
    return
  }
}
