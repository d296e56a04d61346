/**
 * Puts the explorer in place of the globals that code under test uses: Atomics, typed arrays, DataView, clocks, chance. What is not
 * about the program's memory goes to the natives as before.
 */
import { chance, clocks, refusals } from './ambient.ts'
import { ExploredAtomics, type WaitAsync } from './atomics.ts'
import type { UserEngine } from './engine.ts'
import { seeTakenOut } from './taken_out.ts'
import { DATA_VIEW_KINDS, KINDS, type Kind } from './kinds.ts'
import { syncImports, type Swap } from './node_ambient.ts'
import { assembledView, takeApartView } from './pieces.ts'
import { unsupported } from './refused.ts'
import { isExplored, type Memory } from './views.ts'

const Shared = SharedArrayBuffer
const nativeGrow: unknown = Reflect.get(Shared.prototype, 'grow')
const NativeDataView = DataView
type AnyConstructor = new (...args: never[]) => ArrayBufferView

/** What takes the place of a constructor of views: those of the program's memory are the explorer's. */
function constructorFor(Native: AnyConstructor, memory: Memory, engine: UserEngine): AnyConstructor {
  return new Proxy(Native, {
    construct: (native, args: unknown[], target) => {
      const [buffer] = args
      if (memory.owns(buffer)) return memory.make(native, args, target)
      if (engine.inBody && buffer instanceof Shared) {
        engine.refuse(
          unsupported(
            `new ${native.name} over shared memory that is not the program's: what happens there is not explored. Give that memory to the program`,
          ),
        )
      }
      return Reflect.construct(native, args, target) as object
    },
  })
}

function constructors(memory: Memory, engine: UserEngine): Swap[] {
  const natives: AnyConstructor[] = [...KINDS.values()].map(
    ({ Native }) => Native as unknown as AnyConstructor,
  )
  return [...natives, NativeDataView as unknown as AnyConstructor].map((Native) => {
    return [globalThis, Native.name, constructorFor(Native, memory, engine)] as const
  })
}

type Encode = (text: string, into: Uint8Array) => { read: number; written: number }
type Accessor = (this: object, offset: unknown, ...rest: unknown[]) => unknown

/** Byte of the memory at which a DataView's access starts. */
function byteAt(
  view: { readonly native: ArrayBufferView; readonly start: number },
  offset: unknown,
  { size }: Kind,
): number {
  // A BigInt throws the TypeError of the language here.
  const at = Math.trunc(offset as number) || 0
  if (!(at >= 0 && at + size <= view.native.byteLength))
    throw new RangeError('Offset is outside the bounds of the DataView')
  return view.start + at
}

/** DataView's methods work on native views and on the explorer's. */
function dataViewMethods(memory: Memory, engine: UserEngine): Swap[] {
  const prototype = NativeDataView.prototype
  return DATA_VIEW_KINDS.flatMap(([name, kind]): Swap[] => {
    const real = {
      get: Reflect.get(prototype, `get${name}`) as Accessor,
      set: Reflect.get(prototype, `set${name}`) as Accessor,
    }
    const get: Accessor = function get(offset, littleEndian) {
      const view = memory.find(this)
      if (view === undefined) return Reflect.apply(real.get, this, [offset, littleEndian])
      const at = byteAt(view, offset, kind)
      engine.readPieces(at, kind.size)
      return assembledView(name, at, Boolean(littleEndian))
    }
    const set: Accessor = function set(offset, value, littleEndian) {
      const view = memory.find(this)
      if (view === undefined) return Reflect.apply(real.set, this, [offset, value, littleEndian])
      const converted = kind.big ? BigInt.asIntN(64, value as bigint) : Number(value)
      const at = byteAt(view, offset, kind)
      takeApartView(name, at, converted, Boolean(littleEndian))
      engine.writePieces(at, kind.size)
      return undefined
    }
    return [
      [prototype, `get${name}`, get],
      [prototype, `set${name}`, set],
    ]
  })
}

/** Natives that read or write views, given what they can take. */
function natives(memory: Memory): Swap[] {
  const isView = Reflect.get(ArrayBuffer, 'isView') as (view: unknown) => boolean
  const decode = Reflect.get(TextDecoder.prototype, 'decode') as (...args: unknown[]) => string
  const encodeInto: unknown = Reflect.get(TextEncoder.prototype, 'encodeInto')
  const copy = (view: unknown): unknown =>
    typeof view === 'object' && view !== null && memory.find(view) !== undefined
      ? new Uint8Array(bytesOf(view as ArrayBufferView, memory))
      : view
  return [
    [ArrayBuffer, 'isView', (view: unknown) => isView(view) || isExplored(view)],
    [
      TextDecoder.prototype,
      'decode',
      function decodeCopy(this: unknown, ...args: unknown[]) {
        return Reflect.apply(decode, this, [copy(args[0]), ...args.slice(1)])
      },
    ],
    [
      TextEncoder.prototype,
      'encodeInto',
      function encodeCopy(this: unknown, text: string, into: Uint8Array) {
        if (memory.find(into) === undefined) return Reflect.apply(encodeInto as Encode, this, [text, into])
        const bytes = new Uint8Array(into.length)
        const result = Reflect.apply(encodeInto as Encode, this, [text, bytes])
        for (let i = 0; i < result.written; i++) into[i] = bytes[i] as number
        return result
      },
    ],
  ]
}

function bytesOf(view: ArrayBufferView, memory: Memory): number[] {
  return [...(new Uint8Array(memory.buffer, view.byteOffset, view.byteLength) as Iterable<number>)]
}

/** What an exploration of async bodies has instead of refusals. */
export interface Later {
  readonly later: readonly Swap[]
  readonly waitAsync: WaitAsync
}

/** Swaps the globals until disposed of. `drew` is told which sources of chance a body has asked. */
export function swapGlobals(
  memory: Memory,
  engine: UserEngine,
  drew: (source: string) => void,
  later?: Later,
): Disposable {
  const explored = new ExploredAtomics(memory, engine).object(later?.waitAsync)
  const swaps: readonly Swap[] = [
    [globalThis, 'Atomics', explored],
    ...constructors(memory, engine),
    ...dataViewMethods(memory, engine),
    ...natives(memory),
    ...clocks(engine),
    ...chance(engine, drew),
    ...(later?.later ?? refusals(engine)),
    [
      Shared.prototype,
      'grow',
      function grow(this: SharedArrayBuffer, length?: number) {
        if (!memory.owns(this)) return Reflect.apply(nativeGrow as (length?: number) => void, this, [length])
        return engine.refuse(
          unsupported("SharedArrayBuffer.prototype.grow: a program's memory does not grow"),
        )
      },
    ],
  ]
  const before = swaps.map(([object, key]) => Object.getOwnPropertyDescriptor(object, key))
  for (const [i, [object, key, value, isGetter]] of swaps.entries()) {
    // Not every engine lets all of them be configured; then they can be written all the same.
    const { configurable = true, enumerable = true } = before[i] ?? {}
    const is = isGetter === true ? { get: value as () => unknown } : { value, writable: true }
    Object.defineProperty(object, key, { ...is, configurable, enumerable })
  }
  syncImports()
  seeTakenOut(explored)
  return {
    [Symbol.dispose]() {
      seeTakenOut(undefined)
      for (const [i, [object, key]] of swaps.entries()) {
        const descriptor = before[i]
        if (descriptor === undefined) Reflect.deleteProperty(object, key)
        else Object.defineProperty(object, key, descriptor)
      }
      syncImports()
    },
  }
}
