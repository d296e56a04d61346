/**
 * timeline: no detector, a recorder. It notes when this CPU asked for a lock, had to wait, got it, let go, and when it entered and
 * left the functions that say so.
 *
 * Cost   a clock reading and six words per event, on this CPU's own memory.
 */
import { ktime_get_ns, smp_processor_id } from '#access'
import { raw_attach, raw_read, raw_watched, raw_write } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { classOf, KEY_MASK, MAX_SUBCLASSES, registerKey } from '../lock_class.ts'
import { textId } from '../texts.ts'
import { note, timeline_on, type EventKind } from './globals.ts'

export class Timeline implements Observer {
  readonly name = 'timeline'
  /** Locks whose class is known: those that this CPU has asked for since it began. */
  readonly #classes = new Map<number, number>()

  /** Notes in the arena that this thread is attached to; timeline_init has set it up. */
  constructor() {
    raw_attach()
  }

  #note(kind: EventKind, lock: number, what: number): void {
    if (!raw_watched()) return
    const globals = timeline_on()
    if (globals !== 0) note(globals, smp_processor_id(), kind, lock, what, ktime_get_ns())
  }

  lockInit(_lock: number, depMap: number, name: string, kind: number): void {
    if (raw_watched()) raw_write(depMap, registerKey(name, kind))
  }

  lockAcquire(lock: number, depMap: number, subclass: number): void {
    if (timeline_on() === 0) return
    const dep = raw_read(depMap)
    if ((dep & KEY_MASK) === 0 || subclass >= MAX_SUBCLASSES) return
    const cls = classOf(dep, subclass)
    this.#classes.set(lock, cls)
    this.#note('asks', lock, cls)
  }

  #ofLock(kind: EventKind, lock: number): void {
    const cls = this.#classes.get(lock)
    if (cls !== undefined) this.#note(kind, lock, cls)
  }

  lockContended(lock: number): void {
    this.#ofLock('contends', lock)
  }

  lockAcquired(lock: number): void {
    this.#ofLock('gets', lock)
  }

  lockRelease(lock: number): void {
    this.#ofLock('releases', lock)
  }

  enter(symbol: string): void {
    if (timeline_on() !== 0) this.#note('enters', 0, textId(symbol))
  }

  leave(symbol: string): void {
    if (timeline_on() !== 0) this.#note('leaves', 0, textId(symbol))
  }
}
