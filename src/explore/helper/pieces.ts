/**
 * A plain access to an element is one or more accesses to parts of words: (word, byte mask, bits). This takes values apart and
 * puts them together, as the machine's byte order has it.
 */
import { kindNamed, type Kind, type Value } from './kinds.ts'

/** Words of the longest access: eight bytes that start in the middle of a word. */
const MOST = 3
const BYTES = 4
export const WHOLE = 0xf
/** Bits of the address of a plain entry of the log that hold the byte mask. */
export const MASK_BITS = 4

const scratch = new ArrayBuffer(MOST * BYTES)
const words = kindNamed('Int32Array').Native as Int32ArrayConstructor
const bits = new words(scratch)
const view = new DataView(scratch)
const arrays = new Map<Kind, Record<number, Value>>()

function arrayOf(kind: Kind): Record<number, Value> {
  let array = arrays.get(kind)
  if (array === undefined) {
    array = new kind.Native(scratch, 0, Math.floor(scratch.byteLength / kind.size)) as unknown as Record<
      number,
      Value
    >
    arrays.set(kind, array)
  }
  return array
}

type Getter = (offset: number, littleEndian: boolean) => Value
type Setter = (offset: number, value: Value, littleEndian: boolean) => void
// Captured here: while a program is explored, DataView's methods are the explorer's.
const methods = new Map<string, unknown>(
  Object.entries(Object.getOwnPropertyDescriptors(DataView.prototype)).map(([name, { value }]) => [
    name,
    value,
  ]),
)

/** Bytes of a word, as bits of a mask, that an access of `size` bytes at `at` covers in piece `i`. */
export function maskOf(at: number, size: number, i: number): number {
  const from = Math.max(0, (at % BYTES) - i * BYTES)
  const to = Math.min(BYTES, (at % BYTES) + size - i * BYTES)
  return (WHOLE >> (BYTES - (to - from))) << from
}

/** Number of words that an access of `size` bytes at byte `at` touches. */
export function piecesOf(at: number, size: number): number {
  return Math.ceil(((at % BYTES) + size) / BYTES)
}

/** The bits of a word that a byte mask stands for. */
export function bitsOf(mask: number): number {
  let all = 0
  for (let byte = 0; byte < BYTES; byte++) if (((mask >> byte) & 1) !== 0) all |= 0xff << (byte * 8)
  return all
}

/** Word `i` of the access that is being put together or taken apart. */
export function piece(i: number): number {
  return bits[i] as number
}

export function setPiece(i: number, value: number): void {
  bits[i] = value
}

/** The element that the pieces make up. */
export function assembled(kind: Kind, at: number): Value {
  return arrayOf(kind)[(at % BYTES) / kind.size] as Value
}

/** Takes a value apart. Converts it as the element's kind does. */
export function takeApart(kind: Kind, at: number, value: unknown): void {
  arrayOf(kind)[(at % BYTES) / kind.size] = value as Value
}

/** The same as DataView has it, which need not be aligned. */
export function assembledView(method: string, at: number, littleEndian: boolean): Value {
  return Reflect.apply(methods.get(`get${method}`) as Getter, view, [at % BYTES, littleEndian])
}

export function takeApartView(method: string, at: number, value: unknown, littleEndian: boolean): void {
  Reflect.apply(methods.get(`set${method}`) as Setter, view, [at % BYTES, value as Value, littleEndian])
}
