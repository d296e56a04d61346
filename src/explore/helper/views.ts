/**
 * The memory as code under test sees it: typed arrays and DataViews of every kind, whose plain accesses are accesses of the running
 * CPU, and the buffer behind them.
 *
 * Buffer   a memory that is given as a number of words has no real buffer that code under test could get hold of: it sees a guard
 *          that natives do not take. A memory that the caller made is known by its identity; what reaches it past the explorer, through
 *          views made before the run, is found by decoy.ts.
 * Life     code under test may keep a view (lockstorm/sync does): with no exploration under way it is the native one.
 */
import { arrayMethod } from './array_methods.ts'
import { kindNamed, kindOfArray, type Kind, type Value } from './kinds.ts'
import type { UserEngine } from './engine.ts'
import { assembled, takeApart } from './pieces.ts'
import { RefusedError, unsupported } from './refused.ts'

/** A view of the program's memory: its kind, and the byte of the memory at which it starts. */
export interface View {
  readonly kind: Kind | undefined
  /** The native view; only what it says of itself is used while a program is explored. */
  readonly native: ArrayBufferView & { readonly length?: number }
  readonly start: number
}

const isView = Reflect.get(ArrayBuffer, 'isView') as (value: unknown) => value is ArrayBufferView
const Shared = SharedArrayBuffer
const proxies = new WeakMap<object, View>()
let active: Memory | undefined

/** The memory that is being explored. */
export function activeMemory(): Memory | undefined {
  return active
}

/** Makes a memory the one that is being explored. */
export function activate(memory: Memory | undefined): void {
  active = memory
}

const nextJob = Promise.resolve()
const LATE =
  'a body has started something that reached the memory after the exploration was over: its verdict does not hold for that. Use exploreAsync, mustHoldAsync or mustExhaustAsync'

const DIGIT_0 = 48
const DIGIT_9 = 57

/** The element that a property key names, or -1. */
function indexOf(key: string | symbol): number {
  if (typeof key === 'symbol') return -1
  const first = key.charCodeAt(0)
  if (!(first >= DIGIT_0 && first <= DIGIT_9)) return -1
  const index = Number(key)
  return String(index) === key && Number.isInteger(index) ? index : -1
}

/** Handles the properties of the arrays of one memory. */
class ArrayHandler implements ProxyHandler<Int32Array> {
  readonly #memory: Memory
  readonly #kind: Kind
  readonly #start: number

  constructor(memory: Memory, { kind, start }: View) {
    this.#memory = memory
    this.#kind = kind as Kind
    this.#start = start
  }

  get(native: Int32Array, key: string | symbol, self: object): unknown {
    const index = indexOf(key)
    if (active !== this.#memory) {
      if (index >= 0) this.#memory.late()
      return bound(native, Reflect.get(native, key, native))
    }
    if (index >= 0) {
      if (index >= native.length) return undefined
      return this.#memory.read(this.#kind, this.#start + index * this.#kind.size)
    }
    if (key === 'buffer') return this.#memory.buffer
    if (key === 'constructor') return Reflect.get(globalThis, this.#kind.name)
    return arrayMethod(this.#memory, this.#kind, self as Int32Array, key) ?? Reflect.get(native, key, native)
  }

  set(native: Int32Array, key: string | symbol, value: unknown): boolean {
    const index = indexOf(key)
    if (index < 0 && active === this.#memory) this.#memory.mark(native)
    if (index >= 0 && active !== this.#memory) this.#memory.late()
    if (index < 0 || active !== this.#memory) return Reflect.set(native, key, value, native)
    if (index < native.length) this.#memory.write(this.#kind, this.#start + index * this.#kind.size, value)
    return true
  }

  getOwnPropertyDescriptor(native: Int32Array, key: string | symbol): PropertyDescriptor | undefined {
    const found = Reflect.getOwnPropertyDescriptor(native, key)
    const index = indexOf(key)
    if (found === undefined || index < 0 || active !== this.#memory) return found
    return { ...found, value: this.#memory.read(this.#kind, this.#start + index * this.#kind.size) }
  }

  defineProperty(native: Int32Array, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (indexOf(key) < 0 && active === this.#memory) this.#memory.mark(native)
    if (indexOf(key) < 0 || active !== this.#memory) return Reflect.defineProperty(native, key, descriptor)
    return 'value' in descriptor ? this.set(native, key, descriptor.value) : true
  }
}

/** A DataView's methods come from its patched prototype; only its buffer is answered here. */
class DataViewHandler implements ProxyHandler<DataView> {
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  get(native: DataView, key: string | symbol): unknown {
    if (active !== this.#memory) return bound(native, Reflect.get(native, key, native))
    return key === 'buffer' ? this.#memory.buffer : Reflect.get(native, key, native)
  }

  set(native: DataView, key: string | symbol, value: unknown): boolean {
    this.#memory.mark(native)
    return Reflect.set(native, key, value, native)
  }
}

/** With no exploration under way a method works on the native view. */
function bound(native: object, value: unknown): unknown {
  return typeof value === 'function' ? (value as (this: unknown) => unknown).bind(native) : value
}

/** A buffer that natives do not take for one. */
function guardOf(bait: SharedArrayBuffer, memory: () => Memory): SharedArrayBuffer {
  const handler: ProxyHandler<SharedArrayBuffer> = {
    get(target, key) {
      if (key === Symbol.iterator) throw memory().capturedConstructor()
      if (key === 'slice') return (from?: number, to?: number) => memory().slice(from, to)
      if (key === 'grow')
        return () =>
          memory().refuse(unsupported("SharedArrayBuffer.prototype.grow: a program's memory does not grow"))
      return Reflect.get(target, key, target)
    },
  }
  return new Proxy(bait, handler)
}

/** The memory of one program. */
export class Memory {
  /** What code under test sees as the buffer. */
  readonly buffer: SharedArrayBuffer
  /** The real buffer that views are made over. */
  readonly bait: SharedArrayBuffer
  /** The caller's memory, or the number of bytes of one. */
  readonly own: SharedArrayBuffer | number
  engine!: UserEngine
  /** The view that all bodies are given. */
  given: object | undefined
  /** It was explored, and there is a verdict. */
  isOver = false
  /** What was queued in the job that explored it runs. */
  #isLater = false
  readonly #marked = new WeakSet<object>()

  constructor(own: SharedArrayBuffer | number) {
    this.own = own
    this.bait = typeof own === 'number' ? new Shared(own) : own
    this.buffer = typeof own === 'number' ? guardOf(this.bait, () => this) : own
  }

  /** True for the buffer itself and for its guard. */
  owns(buffer: unknown): boolean {
    return buffer === this.buffer || buffer === this.bait
  }

  /** It is going to be explored. What bodies queue runs after what is queued here. */
  begins(): void {
    this.isOver = false
    void nextJob.then(() => (this.#isLater = true))
  }

  /** A view of a body's is used outside of the exploration: by what a body has started, if it is in another job. */
  late(): void {
    if (!this.isOver || !this.#isLater) return
    this.isOver = false
    const error = new RefusedError('ERR_EXPLORE_UNSEEN', LATE)
    // Who called may catch it.
    void nextJob.then(() => {
      throw error
    })
    throw error
  }

  /** The view behind what code under test passes to Atomics or calls a method of; undefined if it is about other memory. */
  find(view: object): View | undefined {
    const known = proxies.get(view)
    if (known !== undefined) return known.native.buffer === this.bait ? known : undefined
    if (!isView(view) || view.buffer !== this.bait) return undefined
    const found: View = { kind: kindOfArray(view), native: view, start: view.byteOffset }
    proxies.set(view, found)
    return found
  }

  /** A native view as code under test is to see it. */
  wrap<A extends ArrayBufferView>(native: A): A {
    const view: View = { kind: kindOfArray(native), native, start: native.byteOffset }
    const handler = view.kind === undefined ? new DataViewHandler(this) : new ArrayHandler(this, view)
    const proxy = new Proxy(native, handler as unknown as ProxyHandler<A>)
    proxies.set(proxy, view)
    return proxy
  }

  /** Makes a view of the memory. `args` are those of the constructor, the buffer first. */
  make(Native: new (...args: never[]) => ArrayBufferView, args: unknown[], target: object): ArrayBufferView {
    const made = Reflect.construct(
      Native,
      [this.bait, ...args.slice(1)],
      target as () => void,
    ) as ArrayBufferView
    return this.wrap(made)
  }

  /** A property of a view is set that is no element: there a body keeps something. */
  mark(native: object): void {
    this.#marked.add(native)
    if (native === this.given && this.engine.inBody) {
      this.refuse(
        unsupported(
          'a body keeps a property on the view that all of them are given: it would last from one execution to the next. Keep it in a variable of the body',
        ),
      )
    }
  }

  /** True if something is kept on the view. */
  isMarked({ native }: View): boolean {
    return this.#marked.has(native)
  }

  /** Plain read of an element. */
  read(kind: Kind, at: number): Value {
    this.engine.readPieces(at, kind.size)
    return assembled(kind, at)
  }

  /** Plain write of an element. The value is converted first, which may run code of the program. */
  write(kind: Kind, at: number, value: unknown): void {
    const converted = kind.big ? BigInt.asIntN(64, value as bigint) : Number(value)
    takeApart(kind, at, converted)
    this.engine.writePieces(at, kind.size)
  }

  /** SharedArrayBuffer.prototype.slice. */
  slice(from?: number, to?: number): SharedArrayBuffer {
    const kind = kindNamed('Uint8Array')
    const all = this.wrap(new kind.Native(this.bait) as unknown as Uint8Array)
    const bytes = all.slice(from, to)
    const copy = new Shared(bytes.length)
    const into = new kind.Native(copy) as unknown as Uint8Array
    for (let i = 0; i < bytes.length; i++) into[i] = bytes[i] as number
    return copy
  }

  refuse(error: RefusedError): never {
    return this.engine.refuse(error)
  }

  capturedConstructor(): RefusedError {
    return new RefusedError(
      'ERR_EXPLORE_UNSEEN',
      'a view of the memory was made by a constructor that was taken before the run (a class that extends a typed array, or `const { Int32Array } = globalThis`): the explorer would not see its accesses. Make the view with the global constructor while the body runs',
    )
  }
}

/** True for a view that the explorer made, as ArrayBuffer.isView must say too. */
export function isExplored(view: unknown): boolean {
  return typeof view === 'object' && view !== null && proxies.has(view)
}
