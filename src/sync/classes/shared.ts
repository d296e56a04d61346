/**
 * What the classes have in common: a memory and a place in it.
 *
 * Objects are thin: all state is in the shared words, so every thread makes its own object over the same memory and address.
 * Words that are zero are a valid, free object, unless a class has `init`.
 *
 * A call makes the memory the thread's own, runs the function of the kernel family on the address, and gives it back to the arena
 * that the thread may be attached to. In a plain memory nobody watches: no hang is reported, no signal is delivered.
 */
import { bind, home_memory, unbind } from '#access'
import { trace_place } from '#trace'
import type { Addr } from '../../base/addr.ts'
import { checkInteger, checkNumber, wrongType } from '../../base/arguments.ts'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { CAN_BLOCK, impersonated } from '../../mem/host.ts'
import { checkMs } from './arguments.ts'
import { forget, placeOf, type Mine } from './mine.ts'
import { refusal } from './misuse.ts'

/** Where objects live: a SharedArrayBuffer, or a view over one to which addresses are relative. */
export type Memory = SharedArrayBuffer | Int32Array

const BYTES = 4
interface Whole {
  readonly WORDS: number
}
interface Tagged {
  readonly [Symbol.toStringTag]?: string
}

const views = new WeakMap<SharedArrayBuffer, Int32Array>()

/** The view over all of a memory, the same each time; under the explorer, which knows the views made while it runs, a new one. */
function viewOf(buffer: SharedArrayBuffer): Int32Array {
  const home = home_memory()
  if (home.buffer === buffer) return home
  const known = impersonated === undefined ? views : new WeakMap<SharedArrayBuffer, Int32Array>()
  let view = known.get(buffer)
  if (view === undefined) {
    view = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / BYTES))
    known.set(buffer, view)
  }
  return view
}

/** True for an object of that built-in class, of whatever realm. */
function is(value: unknown, tag: 'Int32Array' | 'SharedArrayBuffer'): boolean {
  return (value as Tagged | null | undefined)?.[Symbol.toStringTag] === tag
}

/** The buffer of a memory, where in it the memory begins, and of a view its length. */
export function spanOf(memory: Memory): {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly length?: number
} {
  return is(memory, 'Int32Array')
    ? (memory as Int32Array)
    : { buffer: memory as SharedArrayBuffer, byteOffset: 0 }
}

/**
 * Says that the words hold other objects, or data, from now on: this thread forgets which objects were there. For memory that is
 * used again; every thread that knew the objects says so.
 */
export function recycle(memory: SharedArrayBuffer, address: number, words: number): void {
  const view = viewOf(memory)
  checkInteger('recycle', 'address', address, 0, view.length)
  checkInteger('recycle', 'words', words, 0, view.length - address)
  forget(view, address, words)
}

/** Refuses the address of an object that would not fit. `length`: words of the memory. */
export function checkPlace(caller: string, words: number, address: unknown, length: number): void {
  checkNumber(caller, 'the memory', length, length >= words, `${words} words or more`)
  checkInteger(caller, `the address of its ${words} words`, address, 0, length - words)
}

/** An object in shared memory. */
export abstract class SharedObject<S extends string = string> {
  /** Name of the class, for errors. */
  declare protected static readonly NAME: string
  /** The memory, all of it. */
  readonly view: Int32Array
  /** Index of the object's first 32-bit word in `view`. */
  readonly address: Addr<S>
  /**
   * What this thread holds of it.
   * @internal
   */
  readonly mine: Mine

  /**
   * @param words size of the object, of its class if not given
   * @throws TypeError if the memory is no SharedArrayBuffer or Int32Array over one; RangeError if the object does not fit,
   *   or overlaps another one
   */
  constructor(memory: Memory, address: number, words: number = (new.target as unknown as Whole).WORDS) {
    const name = new.target.NAME
    const created = `new ${name}`
    const { buffer, byteOffset, length } = spanOf(memory)
    if (!is(buffer, 'SharedArrayBuffer')) {
      throw wrongType(created, 'memory', 'a SharedArrayBuffer or an Int32Array over one', buffer)
    }
    const view = viewOf(buffer as SharedArrayBuffer)
    checkPlace(created, words, address, length ?? view.length)
    const start = byteOffset / BYTES + address
    this.view = view
    this.address = start as Addr<S>
    this.mine = placeOf(view, start, words, name)
    trace_place(view, start, words, name, '', 0)
  }

  /** Runs `fn` with the memory bound. For calls that need no speed. */
  protected bound<T>(fn: (address: Addr<S>) => T): T {
    bind(this.view)
    try {
      return fn(this.address)
    } finally {
      unbind()
    }
  }

  /** bound, for calls that may block. */
  protected blocking<T>(method: string, fn: (address: Addr<S>) => T): T {
    if (!CAN_BLOCK) throw refusal(this, method)
    return this.bound(fn)
  }

  /** blocking, for calls with a time-out. */
  protected timed<T>(method: string, timeoutMs: number, fn: (address: Addr<S>, timeoutNs: number) => T): T {
    checkMs(this, method, timeoutMs)
    return this.blocking(method, (address) => fn(address, timeoutMs * NSEC_PER_MSEC))
  }
}

/** The object at a word of the memory: a free one if its words are zero, unless the class has `init`. */
type Sized = abstract new <S extends string = string>(memory: Memory, address: number) => SharedObject<S>

/** SharedObject for a class of one size, `WORDS`. */
export const SizedObject: Sized = SharedObject
