/**
 * kcsan: the race detector. Two accesses to one word race if they are on different CPUs, at least one writes, at least one is
 * plain, and no chain of marked accesses orders them. It needs no luck: the two need not happen at the same moment.
 *
 * Orders      marked accesses (READ_ONCE, WRITE_ONCE and read-modify-writes) and waking from futex_wait; locks are made of
 *             them. Allocation starts a word's history anew; a free is a write to every word.
 * Known limit a word remembers three accesses; a fourth CPU's may push out the one that would race. A failed compare-and-
 *             exchange counts as a release, so an order may be seen where none is.
 * Known difference  the kernel's KCSAN samples with watchpoints and sees values change; this one follows orders.
 * Source      Documentation/dev-tools/kcsan.rst; FastTrack
 */
import { smp_processor_id } from '#access'
import {
  raw_attach,
  raw_fill,
  raw_load,
  raw_lock,
  raw_read,
  raw_unlock,
  raw_watched,
  raw_write,
} from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { capture, framesOf } from '../stack.ts'
import { frameId } from '../stack_depot.ts'
import { acquire, release, startAfterAll, tick } from './clocks.ts'
import {
  CELL,
  CELLS,
  clockOf,
  CPU_MASK,
  KC,
  kcsan_root,
  MARKED,
  PLACE_SHIFT,
  SHADOW_WORDS,
  WRITE,
} from './globals.ts'
import { report } from './report.ts'

const KIND = CPU_MASK | WRITE | MARKED
/** Frames captured for the place of an access: those of the checker, and the accessor. */
const PLACE_DEPTH = 8

/** What a thread may choose for itself. */
export interface KcsanThreadOptions {
  /** Remember the place of every access (some µs each), so that a report names both sides. */
  readonly places?: boolean
}

/** One thread's kcsan; kcsan_init has set the clocks up. */
export class Kcsan implements Observer {
  readonly name = 'kcsan'
  readonly #globals: number
  readonly #cpus: number
  readonly #shadow: number
  readonly #covered: number
  readonly #places: boolean
  #off = 0
  #victim = 0
  #starts = 0

  /** Watches the arena that this thread is attached to, from now on: all that happened before is in order. */
  constructor({ places = true }: KcsanThreadOptions = {}) {
    raw_attach()
    this.#globals = kcsan_root()
    if (this.#globals === 0) throw new Error('kcsan_init has not run in this arena')
    this.#cpus = raw_read(this.#globals + KC.cpus)
    this.#shadow = raw_read(this.#globals + KC.shadow)
    this.#covered = raw_read(this.#globals + KC.covered)
    this.#places = places
    this.barrier()
  }

  /** All CPUs have met outside the kernel: what they did before happened before what this one does next. */
  barrier(): void {
    startAfterAll(this.#globals, smp_processor_id())
  }

  read(addr: number): void {
    this.#access(addr, 0)
  }

  write(addr: number): void {
    this.#access(addr, WRITE)
  }

  atomicBegin(addr: number, write: boolean): void {
    if (this.#off > 0 || !raw_watched()) return
    this.#access(addr, write ? WRITE | MARKED : MARKED)
    if (write) release(this.#globals, smp_processor_id(), addr)
  }

  atomic(addr: number, write: boolean): void {
    if (this.#off > 0 || !raw_watched()) return
    const cpu = smp_processor_id()
    acquire(this.#globals, cpu, addr)
    if (write) tick(this.#globals, cpu)
  }

  waited(addr: number): void {
    if (this.#off === 0 && raw_watched()) acquire(this.#globals, smp_processor_id(), addr)
  }

  alloc(addr: number, words: number): void {
    if (!raw_watched() || addr + words > this.#covered) return
    raw_fill(this.#shadow + addr * SHADOW_WORDS, 0, words * SHADOW_WORDS)
  }

  free(addr: number, words: number): void {
    for (let i = 0; i < words; i++) this.#access(addr + i, WRITE)
  }

  /** Looks the access up among those that the word remembers, and remembers it. */
  #access(addr: number, kind: number): void {
    const cpu = smp_processor_id()
    if (this.#off > 0 || !(addr > 0 && addr < this.#covered) || cpu >= this.#cpus || !raw_watched()) return
    const starts = raw_load(this.#globals + KC.starts)
    if (starts !== this.#starts) {
      this.#starts = starts
      tick(this.#globals, cpu)
    }
    const shadow = this.#shadow + addr * SHADOW_WORDS
    const clock = clockOf(this.#globals, cpu)
    if (this.#remembered(shadow, cpu | kind, raw_read(clock + cpu))) return
    const place = this.#place()
    if (!raw_lock(shadow)) return
    const racer = this.#racer(shadow, cpu, kind, clock)
    this.#remember(shadow, cpu | kind | (place << PLACE_SHIFT), clock)
    raw_unlock(shadow)
    if (racer === 0) return
    this.#off++
    report(this.#globals, addr, cpu | kind, racer)
    this.#off--
  }

  #place(): number {
    return this.#places ? frameId(framesOf(capture(PLACE_DEPTH))[0]) : 0
  }

  /** True if this CPU has done the same since it last published anything. */
  #remembered(shadow: number, who: number, now: number): boolean {
    for (let i = 0; i < CELLS; i++) {
      const cell = shadow + CELL + 2 * i
      if (raw_read(cell) === now && (raw_read(cell + 1) & KIND) === who) return true
    }
    return false
  }

  /** An access of another CPU that nothing orders before this one; 0 if there is none. */
  #racer(shadow: number, cpu: number, kind: number, clock: number): number {
    for (let i = 0; i < CELLS; i++) {
      const cell = shadow + CELL + 2 * i
      const then = raw_read(cell)
      const who = raw_read(cell + 1)
      const other = who & CPU_MASK
      if (then === 0 || other === cpu) continue
      if (((who | kind) & WRITE) === 0 || (who & kind & MARKED) !== 0) continue
      if (then > raw_read(clock + other)) return who
    }
    return 0
  }

  #remember(shadow: number, who: number, clock: number): void {
    const cell = this.#cellFor(shadow, who, clock)
    raw_write(cell, raw_read(clock + (who & CPU_MASK)))
    raw_write(cell + 1, who)
  }

  /** This CPU's earlier cell of the kind, a free one, one that is ordered before, or any. */
  #cellFor(shadow: number, who: number, clock: number): number {
    let ordered = 0
    let free = 0
    for (let i = 0; i < CELLS; i++) {
      const cell = shadow + CELL + 2 * i
      const then = raw_read(cell)
      const old = raw_read(cell + 1)
      if (then !== 0 && (old & KIND) === (who & KIND)) return cell
      if (then === 0) free ||= cell
      else if (then <= raw_read(clock + (old & CPU_MASK)) && ((who & WRITE) !== 0 || (old & WRITE) === 0))
        ordered ||= cell
    }
    this.#victim = (this.#victim + 1) % CELLS
    return free || ordered || shadow + CELL + 2 * this.#victim
  }
}
