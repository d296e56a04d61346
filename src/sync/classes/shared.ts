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
import { as, type Addr } from '../../base/addr.ts'

/** Where objects live: a SharedArrayBuffer, or a view over one to which addresses are relative. */
export type Memory = SharedArrayBuffer | Int32Array

const views = new WeakMap<SharedArrayBuffer, Int32Array>()

/** The same view for the same memory, each time. */
function viewOf(memory: Memory): Int32Array {
  if (ArrayBuffer.isView(memory)) {
    if (memory.buffer instanceof SharedArrayBuffer) return memory
    throw new TypeError('the view is not over a SharedArrayBuffer')
  }
  if (!(memory instanceof SharedArrayBuffer)) throw new TypeError('the memory is not a SharedArrayBuffer')
  if (home_memory().buffer === memory) return home_memory()
  let view = views.get(memory)
  if (view === undefined) views.set(memory, (view = new Int32Array(memory)))
  return view
}

/** An object of struct `S` in shared memory. */
export abstract class SharedObject<S extends string> {
  /** The memory. */
  readonly view: Int32Array
  /** Index of the object's first 32-bit word. */
  readonly address: Addr<S>

  /**
   * @param words size of the object
   * @throws RangeError if it does not fit
   */
  constructor(memory: Memory, address: number, words: number) {
    this.view = viewOf(memory)
    if (!Number.isInteger(address) || address < 0 || address + words > this.view.length) {
      const what = `an object of ${words} words at word ${address}`
      throw new RangeError(`${what} does not fit a memory of ${this.view.length} words`)
    }
    this.address = as<S>(address)
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
}
