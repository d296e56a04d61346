/**
 * The kinds of typed arrays, with the natives as they were when this module was loaded: while a program is explored the
 * globals of these names are the explorer's.
 */

/** A value of an element. */
export type Value = number | bigint

type NativeArray = Int32Array | BigInt64Array
type Constructor = new (buffer: ArrayBufferLike | number, offset?: number, length?: number) => NativeArray

/** One kind of element. */
export interface Kind {
  /** `Int32Array` and so on. */
  readonly name: string
  readonly size: number
  /** Elements are BigInts. */
  readonly big: boolean
  readonly unsigned: boolean
  /** Atomics may be used on it. */
  readonly integer: boolean
  readonly Native: Constructor
}

const NAMES = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const

function kindOf(name: string): Kind[] {
  const Native = Reflect.get(globalThis, name) as (Constructor & { BYTES_PER_ELEMENT: number }) | undefined
  if (Native === undefined) return []
  const integer = !name.startsWith('Float') && name !== 'Uint8ClampedArray'
  const unsigned = name.includes('Ui')
  return [{ name, size: Native.BYTES_PER_ELEMENT, big: name.startsWith('Big'), unsigned, integer, Native }]
}

/** All kinds that this engine has, by name. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  NAMES.flatMap((name) => kindOf(name).map((kind) => [name, kind] as const)),
)

/** The kind of a name that is known to exist. */
export function kindNamed(name: string): Kind {
  const kind = KINDS.get(name)
  if (kind === undefined) throw new TypeError(`this engine has no ${name}`)
  return kind
}

export const INT32: Kind = kindNamed('Int32Array')

const tagOf = Reflect.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Int32Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined

/** The kind of a native typed array; undefined for everything else, a proxy too. */
export function kindOfArray(array: unknown): Kind | undefined {
  const name: string | undefined = Reflect.apply(tagOf, array, [])
  return name === undefined ? undefined : KINDS.get(name)
}

/** What the methods of a DataView are called: `Int32` for getInt32 and setInt32. */
export const DATA_VIEW_KINDS: readonly (readonly [method: string, Kind])[] = [
  'Int8',
  'Uint8',
  'Int16',
  'Uint16',
  'Int32',
  'Uint32',
  'Float16',
  'Float32',
  'Float64',
  'BigInt64',
  'BigUint64',
].flatMap((method) => {
  const kind = KINDS.get(`${method}Array`)
  return kind === undefined ? [] : [[method, kind] as const]
})
