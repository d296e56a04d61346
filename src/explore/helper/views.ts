/**
 * The Int32Arrays that code under test sees: a plain access by index is an access of the running CPU, everything else
 * works on a copy that is written back.
 */
import type { Reexec } from '../engine/reexec.ts'

/** Word 0 of the engine's memory is its own. */
export const FIRST_WORD = 1

/** An Int32Array with its first word's address in the engine's memory. */
export interface View {
  readonly array: Int32Array
  readonly base: number
}

function indexOf(key: string | symbol): number {
  if (typeof key === 'symbol') return -1
  const index = Number(key)
  return Number.isInteger(index) && index >= 0 && String(index) === key ? index : -1
}

/** Views of the memory of one program. */
export class Views {
  readonly buffer: SharedArrayBuffer
  readonly #engine: () => Reexec
  readonly #native = Int32Array
  readonly #views = new WeakMap<object, View>()

  constructor(buffer: SharedArrayBuffer, engine: () => Reexec) {
    this.buffer = buffer
    this.#engine = engine
  }

  /** The view behind what code under test passes to Atomics; undefined if it is about other memory. */
  find(array: object): View | undefined {
    const known = this.#views.get(array)
    if (known !== undefined || !ArrayBuffer.isView(array) || array.buffer !== this.buffer) return known
    if (array instanceof this.#native) return { array, base: array.byteOffset / 4 + FIRST_WORD }
    throw new TypeError(`the explorer knows Int32Array only, not ${array.constructor.name}`)
  }

  /** The array as the code under test is to see it. */
  wrap(array: Int32Array): Int32Array {
    const base = array.byteOffset / 4 + FIRST_WORD
    const wrapped = new Proxy(array, {
      get: (_, key) => this.#get({ array, base }, key),
      set: (_, key, value) => this.#set({ array, base }, key, Number(value)),
    })
    this.#views.set(wrapped, { array, base })
    return wrapped
  }

  /** What takes the place of the global Int32Array: views of the program's memory are wrapped. */
  constructorFor(): Int32ArrayConstructor {
    return new Proxy(this.#native, {
      construct: (native, args: unknown[], target) => {
        const made = Reflect.construct(native, args, target) as Int32Array
        return made.buffer === this.buffer ? this.wrap(made) : made
      },
    })
  }

  #get({ array, base }: View, key: string | symbol): unknown {
    const index = indexOf(key)
    if (index >= 0) return index < array.length ? this.#engine().read(base + index) : undefined
    const value: unknown = Reflect.get(array, key, array)
    if (key === 'constructor' || typeof value !== 'function') return value
    if (key === 'subarray') {
      return (begin?: number, end?: number) => this.wrap(array.subarray(begin, end))
    }
    return (...args: unknown[]) => this.#method({ array, base }, value as () => unknown, args)
  }

  #set({ array, base }: View, key: string | symbol, value: number): boolean {
    const index = indexOf(key)
    if (index < 0) return Reflect.set(array, key, value, array)
    if (index < array.length) this.#engine().write(base + index, value | 0)
    return true
  }

  /** Reads everything, calls the method, writes what it has changed. */
  #method({ array, base }: View, method: () => unknown, args: unknown[]): unknown {
    const engine = this.#engine()
    const before = this.#native.from({ length: array.length }, (_, i) => engine.read(base + i))
    const copy = before.slice()
    const result: unknown = Reflect.apply(method, copy, args)
    copy.forEach((value, i) => {
      if (value !== before[i]) engine.write(base + i, value)
    })
    return result
  }
}
