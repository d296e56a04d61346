/**
 * Hears what the classes of the library do in this thread, and tells lockdep, lock_stat and the hung-task watch of it as if it had
 * happened to the shadows of the locks.
 *
 * Rules      between two events the program's memory is bound, during one the watch's (`#aside`). What an asynchronous task takes is not
 *            the thread's: it has an owner, so that a hang shows it, and no place in the order of locks, since tasks of one thread
 *            take turns.
 * Classes    a lock of a layout has the part's name for its class, as the kernel's locks have their place of birth; any other lock is a
 *            class of its own. A second lock of a class that is held already is taken as a subclass: the order among locks of one
 *            name is not judged.
 */
import { bind, home_memory, memory, read, smp_processor_id, unbind, WRITE_ONCE, write } from '#access'
import { LOCK_READ, LOCK_READ_RECURSIVE, LOCK_SLEEPS, LOCK_SPINS } from '#trace'
import { OWNER_SHIFT } from '../base/constants.ts'
import { TaskStacks } from '../debug/hung_task/stacks.ts'
import { KEY_MASK, registerKey } from '../debug/lock_class.ts'
import { LockStat } from '../debug/lock_stat/lock_stat.ts'
import { Lockdep } from '../debug/lockdep/lockdep.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  BLOCKED_COMPLETION,
  BLOCKED_CONDITION,
  BLOCKED_SEMAPHORE,
  BLOCKED_WAIT_QUEUE,
  clear_blocked,
  current,
  pop_read,
  push_read,
  set_blocked,
  task_struct,
} from '../mem/task.ts'
import type { Observer } from '../trace/observer.ts'
import { noteUnseen, ownsName } from './memory.ts'
import { SHAPES, type Shape } from './shapes.ts'

const HEARTBEAT = task_struct.offset.heartbeat
/** Room of every shadow: the largest layout. */
const SHADOW_WORDS = 16
const MOST_SUBCLASS = 7

/** What a thread sleeps on in a class that is no lock. */
const WAITS: Readonly<Record<string, number>> = {
  Condition: BLOCKED_CONDITION,
  Semaphore: BLOCKED_SEMAPHORE,
  Completion: BLOCKED_COMPLETION,
}

interface Place {
  kind: string
  name: string
  layout: number
  readonly start: number
  readonly words: number
}

/** A lock that this thread holds or takes. */
interface Taken {
  readonly shadow: number
  readonly shape: Shape
  readonly isRead: boolean
  readonly isAsync: boolean
}

/** See the head of this file. */
export class WatchObserver implements Observer {
  readonly name = 'watch'
  readonly #home = home_memory()
  // Three functions of this class stand between a tracepoint and lockdep, and those of the classes besides.
  readonly #lockdep = new Lockdep({ between: 8 })
  readonly #stat = new LockStat()
  readonly #stacks = new TaskStacks()
  readonly #places = new WeakMap<Int32Array, Map<number, Place>>()
  /** By memory and lock: taken and not given back. A reader may be in it several times. */
  readonly #taken = new WeakMap<Int32Array, Map<number, Taken[]>>()
  #async = false
  #wanted: Taken | undefined
  #asleep = false

  place(view: Int32Array, start: number, words: number, kind: string, name: string, layout: number): void {
    const places = this.#places.get(view) ?? new Map<number, Place>()
    this.#places.set(view, places)
    const known = places.get(start) ?? { kind, name, layout, start, words }
    if (kind !== '') known.kind = kind
    if (name !== '') Object.assign(known, { name, layout })
    places.set(start, known)
  }

  async(on: boolean): void {
    this.#async = on
  }

  lockAcquire(lock: number, depMap: number, subclass: number, trylock: boolean, mode: number): void {
    const view = memory()
    if (!this.#isProgram(view)) return
    const shape = SHAPES.get(depMap - lock)
    const shadow = shape === undefined ? 0 : this.#shadowOf(view, lock, depMap)
    if (shape === undefined || shadow === 0) return
    const isRead = mode === LOCK_READ || mode === LOCK_READ_RECURSIVE
    this.#wanted = { shadow, shape, isRead, isAsync: this.#async }
    this.#add(view, lock, this.#wanted)
    if (this.#async) return
    const level = Math.min(MOST_SUBCLASS, subclass + this.#ofClass(shadow, shape))
    this.#aside(() => {
      this.#lockdep.lockAcquire(shadow, shadow + shape.depMap, level, trylock, mode, 0)
      this.#stat.lockAcquire(shadow, shadow + shape.depMap, level, trylock, mode)
    })
  }

  lockContended(): void {
    const wanted = this.#wanted
    if (wanted === undefined || wanted.isAsync || !this.#isProgram(memory())) return
    this.#aside(() => {
      this.#lockdep.lockContended()
      this.#stat.lockContended(wanted.shadow)
      this.#sleep(wanted.shadow, wanted.isRead ? wanted.shape.readKind : wanted.shape.kind)
    })
  }

  lockAcquired(): void {
    const wanted = this.#wanted
    this.#wanted = undefined
    if (wanted === undefined || !this.#isProgram(memory())) return
    this.#aside(() => {
      this.#awake()
      if (!wanted.isAsync) this.#stat.lockAcquired(wanted.shadow)
      if (wanted.isRead) push_read(wanted.shadow)
      else WRITE_ONCE(wanted.shadow + wanted.shape.owner, (smp_processor_id() + 1) << OWNER_SHIFT)
      write(current() + HEARTBEAT, read(current() + HEARTBEAT) + 1)
    })
  }

  lockRelease(lock: number): void {
    const view = memory()
    if (!this.#isProgram(view)) return
    const taken = this.#remove(view, lock)
    // Given back by a thread that has not taken it: the class refuses that itself.
    if (taken === undefined) return
    const never = this.#wanted === taken
    this.#wanted = undefined
    const { shadow, shape, isRead, isAsync } = taken
    this.#aside(() => {
      if (never) this.#awake()
      else if (isRead) pop_read(shadow)
      else WRITE_ONCE(shadow + shape.owner, 0)
      if (isAsync) return
      this.#stat.lockRelease(shadow)
      this.#lockdep.lockRelease(shadow, shadow + shape.depMap)
    })
  }

  lockDowngrade(lock: number): void {
    const view = memory()
    const taken = this.#isProgram(view) ? this.#remove(view, lock) : undefined
    if (taken === undefined) return
    this.#add(view, lock, { ...taken, isRead: true })
    this.#aside(() => {
      WRITE_ONCE(taken.shadow + taken.shape.owner, 0)
      push_read(taken.shadow)
      if (!taken.isAsync) this.#lockdep.lockDowngrade(taken.shadow)
    })
  }

  wait(word: number): void {
    const view = memory()
    if (!this.#isProgram(view)) return
    const place = this.#wanted === undefined ? this.#placeAt(view, word) : undefined
    this.#aside(() => {
      if (place !== undefined) {
        this.#asleep = true
        // The word itself: nobody else's address, and only for the report.
        this.#sleep(word, WAITS[place.kind] ?? BLOCKED_WAIT_QUEUE)
      }
      this.#lockdep.wait()
      this.#stacks.wait()
    })
  }

  waited(): void {
    if (!this.#isProgram(memory())) return
    this.#aside(() => {
      if (this.#asleep) this.#awake()
      this.#asleep = false
      this.#stacks.waited()
    })
  }

  #sleep(on: number, kind: number): void {
    set_blocked(on, kind)
  }

  #awake(): void {
    clear_blocked()
  }

  /** A memory of the program, in a thread that has no arena of its own. */
  #isProgram(view: Int32Array): boolean {
    return view !== this.#home && home_memory() === this.#home
  }

  /** Runs `fn` with the watch's memory bound. */
  #aside(fn: () => void): void {
    const view = memory()
    unbind()
    try {
      fn()
    } finally {
      bind(view)
    }
  }

  #add(view: Int32Array, lock: number, taken: Taken): void {
    const locks = this.#taken.get(view) ?? new Map<number, Taken[]>()
    this.#taken.set(view, locks)
    locks.set(lock, [...(locks.get(lock) ?? []), taken])
    this.#held.push(taken)
  }

  #remove(view: Int32Array, lock: number): Taken | undefined {
    const all = this.#taken.get(view)?.get(lock)
    const taken = all?.pop()
    if (taken !== undefined) this.#held.splice(this.#held.lastIndexOf(taken), 1)
    return taken
  }

  /** All of them, of whatever memory. */
  readonly #held: Taken[] = []

  /** Other locks of the same class that this thread holds. */
  #ofClass(shadow: number, { depMap }: Shape): number {
    const key = this.#key(shadow + depMap)
    return this.#held.filter(
      (one) => one.shadow !== shadow && !one.isAsync && this.#key(one.shadow + one.shape.depMap) === key,
    ).length
  }

  #key(at: number): number {
    return (this.#home[at] as number) & KEY_MASK
  }

  #placeAt(view: Int32Array, word: number): Place | undefined {
    for (const place of this.#places.get(view)?.values() ?? []) {
      if (word >= place.start && word < place.start + place.words) return place
    }
    return undefined
  }

  /** The shadow of a lock, made if it has none; 0 if there is no room. */
  #shadowOf(view: Int32Array, lock: number, depMap: number): number {
    const known = Atomics.load(view, depMap)
    if (known !== 0) return known
    const place = this.#placeAt(view, lock)
    let made = 0
    this.#aside(() => {
      made = alloc_boot(SHADOW_WORDS)
      if (made === 0) return noteUnseen()
      const kind = place?.kind === 'SpinLock' ? LOCK_SPINS : LOCK_SLEEPS
      write(made + depMap - lock, this.#classOf(place, this.#nameOf(place, lock, made), kind))
    })
    if (made === 0) return 0
    // Another thread may have been faster: its shadow is the lock's.
    return Atomics.compareExchange(view, depMap, 0, made) || made
  }

  /** Key of the class. Parts of one name in two layouts are two classes. */
  #classOf(place: Place | undefined, name: string, kind: number): number {
    const key = registerKey(name, kind)
    const layout = place?.name === '' ? 0 : (place?.layout ?? 0)
    if (layout === 0 || ownsName(key, layout)) return key
    return registerKey(`${name} (layout ${(layout >>> 0).toString(16)})`, kind)
  }

  #nameOf(place: Place | undefined, lock: number, shadow: number): string {
    if (place === undefined) return `lock at word ${lock} #${shadow}`
    return place.name === '' ? `${place.kind} at word ${place.start} #${shadow}` : place.name
  }
}
