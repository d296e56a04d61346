/**
 * `Atomics` as code under test sees it: over the program's memory an operation of the engine, checked and converted as ECMA-262
 * says; over memory of the thread's own the native. Shared memory that is not the program's is refused: others may change it, and
 * nobody would see it.
 */
import { FUTEX_MISMATCH, FUTEX_TIMEDOUT } from '#access'
import { ADD, AND, CAS, LOAD, OR, STORE, SUB, XCHG, XOR } from '../dependence.ts'
import type { UserEngine } from './engine.ts'
import type { Kind, Value } from './kinds.ts'
import { unsupported } from './refused.ts'
import type { Memory, View } from './views.ts'

const NS_PER_MS = 1e6
const native = Atomics
const Shared = SharedArrayBuffer
/** More bits than any BigInt of a program: ToBigInt, without cutting anything off. */
const WIDE = 2 ** 24
const isView = Reflect.get(ArrayBuffer, 'isView') as (value: unknown) => value is ArrayBufferView

/** Atomics.waitAsync, its arguments checked. */
export type WaitAsync = (kind: Kind, at: number, value: Value, timeoutNs: number) => object

/** Operations with one operand that return the old value. */
const MODIFIES = { add: ADD, sub: SUB, and: AND, or: OR, xor: XOR, exchange: XCHG } as const

/** ToIntegerOrInfinity, or ToBigInt: what becomes of an operand before it is used. */
function operand({ big }: Kind, value: unknown): Value {
  if (big) return BigInt.asIntN(64, value as bigint)
  if (typeof value === 'number' && (value | 0) === value) return value | 0
  // A BigInt throws the TypeError of the language here.
  const number = Math.trunc(value as number)
  return Number.isNaN(number) ? 0 : number + 0
}

/** What Atomics.wait compares with: an Int32 or a BigInt64. */
function awaited({ big }: Kind, value: unknown): Value {
  return big ? BigInt.asIntN(64, value as bigint) : Math.trunc(value as number) | 0
}

/** Byte of the memory that an index names. */
function byteAt({ native: array, start, kind }: View, index: unknown): number {
  // A BigInt throws the TypeError of the language here.
  const at = typeof index === 'number' && (index | 0) === index ? index : Math.trunc(index as number) || 0
  if (!(at >= 0 && at < (array.length ?? 0))) throw new RangeError('Invalid atomic access index')
  return start + at * (kind as Kind).size
}

/** Atomics over one memory. */
export class ExploredAtomics {
  readonly #memory: Memory
  readonly #engine: UserEngine

  constructor(memory: Memory, engine: UserEngine) {
    this.#memory = memory
    this.#engine = engine
  }

  /** The view, if it is one of the program's memory. */
  #view(array: unknown, name: string, waits: boolean): View | undefined {
    if (typeof array !== 'object' || array === null) return undefined
    const view = this.#memory.find(array)
    if (view === undefined) {
      this.#refuseForeign(array, name)
      return undefined
    }
    const { kind } = view
    if (kind?.integer !== true || (waits && kind.name !== 'Int32Array' && kind.name !== 'BigInt64Array')) {
      throw new TypeError(`[object ${kind?.name ?? 'DataView'}] is not an integer typed array.`)
    }
    return view
  }

  #refuseForeign(array: object, name: string): void {
    if (!this.#engine.inBody || !isView(array) || !(array.buffer instanceof Shared)) return
    this.#engine.refuse(
      unsupported(
        `Atomics.${name} on shared memory that is not the program's: what happens there is not explored. Give that memory to the program, or make an ArrayBuffer in the body`,
      ),
    )
  }

  /** The object that takes the place of the global. */
  object(waitAsync?: WaitAsync): typeof Atomics {
    const engine = this.#engine
    const functions = {
      load: (array: unknown, index: unknown): Value => {
        const view = this.#view(array, 'load', false)
        if (view === undefined) return passOn('load', [array, index]) as Value
        return engine.atomic(LOAD, view.kind as Kind, byteAt(view, index), 0, 0)
      },
      store: (array: unknown, index: unknown, value: unknown): Value => {
        const view = this.#view(array, 'store', false)
        if (view === undefined) return passOn('store', [array, index, value]) as Value
        const at = byteAt(view, index)
        const { big } = view.kind as Kind
        const converted = big ? BigInt.asIntN(WIDE, value as bigint) : operand(view.kind as Kind, value)
        engine.atomic(STORE, view.kind as Kind, at, converted, 0)
        return converted
      },
      compareExchange: (array: unknown, index: unknown, expected: unknown, value: unknown): Value => {
        const view = this.#view(array, 'compareExchange', false)
        if (view === undefined) return passOn('compareExchange', [array, index, expected, value]) as Value
        const kind = view.kind as Kind
        const at = byteAt(view, index)
        const old = operand(kind, expected)
        return engine.atomic(CAS, kind, at, old, operand(kind, value))
      },
      wait: (array: unknown, index: unknown, value: unknown, timeout: unknown): string =>
        this.#wait([array, index, value, timeout]),
      notify: (array: unknown, index: unknown, count: unknown): number => {
        const view = this.#view(array, 'notify', true)
        if (view === undefined) return passOn('notify', [array, index, count]) as number
        const at = byteAt(view, index)
        const n = count === undefined ? Infinity : Math.max(0, Math.trunc(count as number) || 0)
        return engine.notify(view.kind as Kind, at, n)
      },
      pause: (iterations?: unknown): void => {
        if (iterations !== undefined && !Number.isInteger(iterations)) {
          throw new TypeError('Atomics.pause takes a whole number or nothing')
        }
        engine.cpu_relax()
      },
      isLockFree: (size: number): boolean => native.isLockFree(size),
      waitAsync: (...args: unknown[]): object => {
        if (waitAsync !== undefined) return this.#waitAsync(args, waitAsync)
        return engine.refuse(
          unsupported(
            'Atomics.waitAsync in a synchronous exploration: use exploreAsync, mustHoldAsync or mustExhaustAsync',
          ),
        )
      },
    }
    return likeNative({ ...functions, ...this.#modifies() })
  }

  /** The operations with one operand that return the old value. */
  #modifies(): object {
    const make = (name: keyof typeof MODIFIES): unknown => {
      const op = MODIFIES[name]
      const engine = this.#engine
      return (array: unknown, index: unknown, value: unknown): Value => {
        const view = this.#view(array, name, false)
        if (view === undefined) return passOn(name, [array, index, value]) as Value
        const kind = view.kind as Kind
        const at = byteAt(view, index)
        return engine.atomic(op, kind, at, operand(kind, value), 0)
      }
    }
    return Object.fromEntries(
      Object.keys(MODIFIES).map((name) => [name, make(name as keyof typeof MODIFIES)]),
    )
  }

  #waitAsync(args: readonly unknown[], waitAsync: WaitAsync): object {
    const [array, index, value, timeout] = args
    const view = this.#view(array, 'waitAsync', true)
    if (view === undefined) return passOn('waitAsync', args) as object
    const at = byteAt(view, index)
    const seen = awaited(view.kind as Kind, value)
    return waitAsync(view.kind as Kind, at, seen, nsOf(timeout))
  }

  #wait(args: readonly unknown[]): string {
    const [array, index, value, timeout] = args
    const view = this.#view(array, 'wait', true)
    if (view === undefined) return passOn('wait', args) as string
    const at = byteAt(view, index)
    const seen = awaited(view.kind as Kind, value)
    const result = this.#engine.wait(view.kind as Kind, at, seen, nsOf(timeout))
    if (result === FUTEX_MISMATCH) return 'not-equal'
    return result === FUTEX_TIMEDOUT ? 'timed-out' : 'ok'
  }
}

/** Parameters of functions that this engine may not have itself. */
const LENGTHS: Readonly<Record<string, number>> = { pause: 0, waitAsync: 4 }

/** An object of these functions whose properties are what those of the native are: names, numbers of parameters, attributes. */
export function likeNative(functions: Readonly<Record<string, unknown>>): typeof Atomics {
  const described = Object.entries(functions).map(([name, value]) => {
    const own = Reflect.get(native, name) as { readonly length: number } | undefined
    const length = own?.length ?? LENGTHS[name] ?? 0
    Object.defineProperties(value, {
      name: { value: name, configurable: true },
      length: { value: length, configurable: true },
    })
    return [name, { value, writable: true, configurable: true }] as const
  })
  const prototype = Object.getPrototypeOf(native) as object
  return Object.create(prototype, {
    ...Object.getOwnPropertyDescriptors(native),
    ...Object.fromEntries(described),
  }) as typeof Atomics
}

/** A time-out in nanoseconds: none is for ever. */
function nsOf(timeout: unknown): number {
  const ms = timeout === undefined ? Infinity : Math.max(timeout as number)
  return Number.isNaN(ms) ? Infinity : Math.max(0, ms) * NS_PER_MS
}

function passOn(name: string, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(native, name) as () => unknown, native, trimmed(args))
}

/** Without the arguments that were not given: the native tells them from `undefined` by their number. */
function trimmed(args: readonly unknown[]): unknown[] {
  const last = args.findLastIndex((arg) => arg !== undefined)
  return args.slice(0, last + 1)
}
