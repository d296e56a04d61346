/**
 * The methods of typed arrays over a program's memory. The natives do not take a proxy; those of Array read and write elements one by
 * one, which is what an access of the running CPU is.
 */
import type { Kind, Value } from './kinds.ts'

/** What makes views of the memory, and knows them. */
interface Views {
  find(view: object): { readonly native: ArrayBufferView } | undefined
  wrap<A extends ArrayBufferView>(native: A): A
}

type Method = (this: unknown, ...args: unknown[]) => unknown
interface ArrayLike2 {
  readonly length: number
  [index: number]: Value
}

/** Methods that Array has under the same name and that return no typed array. */
const SAME = [
  'at',
  'copyWithin',
  'entries',
  'every',
  'fill',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'forEach',
  'includes',
  'indexOf',
  'join',
  'keys',
  'lastIndexOf',
  'reduce',
  'reduceRight',
  'reverse',
  'some',
  'toLocaleString',
  'values',
] as const

const natives = new Map<string | symbol, Method>(
  SAME.map((name) => [name, Reflect.get(Array.prototype, name) as Method]),
)
natives.set(Symbol.iterator, Reflect.get(Array.prototype, 'values') as Method)
natives.set('toString', Reflect.get(Array.prototype, 'join') as Method)

/** A private typed array of the kind with these elements. */
function copyOf(kind: Kind, values: ArrayLike<Value>): Int32Array {
  const copy = new kind.Native(values.length) as unknown as Record<number, Value>
  for (let i = 0; i < values.length; i++) copy[i] = values[i] as Value
  return copy as unknown as Int32Array
}

function elements(self: Int32Array): Value[] {
  return Array.from({ length: self.length }, (_, i) => self[i] as Value)
}

/** `set`: reads the source first, as the native does when both are of one buffer. */
function set(self: Int32Array, source: ArrayLike<unknown>, offset = 0): void {
  const from = Math.trunc(offset) || 0
  const values = Array.from({ length: source.length }, (_, i) => source[i])
  if (!(from >= 0 && from + values.length <= self.length)) throw new RangeError('offset is out of bounds')
  for (let i = 0; i < values.length; i++) (self as unknown as ArrayLike2)[from + i] = values[i] as Value
}

/** Numeric order where no other is given; the sorted elements are written back, as the native does. */
function sort(kind: Kind, self: Int32Array, compare: unknown): Int32Array {
  const sorted = copyOf(kind, elements(self))
  sorted.sort(compare as never)
  for (let i = 0; i < sorted.length; i++) self[i] = sorted[i] as number
  return self
}

type Special = (memory: Views, kind: Kind, self: Int32Array) => Method

/** Methods that make or take typed arrays. The rest of what natives do on copies. */
const SPECIAL: Readonly<Record<string, Special>> = {
  subarray: (memory, _kind, self) => (begin, end) => {
    const native = memory.find(self)?.native as unknown as Int32Array
    return memory.wrap(native.subarray(begin as number, end as number))
  },
  slice: (_memory, kind, self) => (begin, end) => {
    const from = clamp(begin, 0, self.length)
    const to = clamp(end, self.length, self.length)
    return copyOf(
      kind,
      Array.from({ length: Math.max(0, to - from) }, (_, i) => self[from + i] as Value),
    )
  },
  set: (_memory, _kind, self) => (source, offset) => {
    set(self, source as ArrayLike<unknown>, offset as number)
  },
  sort: (_memory, kind, self) => (compare) => sort(kind, self, compare),
}

const ON_COPIES = ['filter', 'map', 'toReversed', 'toSorted', 'with'] as const

function clamp(value: unknown, missing: number, length: number): number {
  const n = value === undefined ? missing : Math.trunc(Number(value)) || 0
  return n < 0 ? Math.max(0, length + n) : Math.min(n, length)
}

/** The method of this name, or undefined if the native property will do. */
export function arrayMethod(
  memory: Views,
  kind: Kind,
  self: Int32Array,
  key: string | symbol,
): Method | undefined {
  const same = natives.get(key)
  if (same !== undefined) return same
  if (typeof key === 'symbol') return undefined
  const special = Object.hasOwn(SPECIAL, key) ? SPECIAL[key] : undefined
  if (special !== undefined) return special(memory, kind, self)
  if (!(ON_COPIES as readonly string[]).includes(key)) return undefined
  return (...args) => {
    const copy = copyOf(kind, elements(self))
    return Reflect.apply(Reflect.get(copy, key) as Method, copy, args)
  }
}
