/**
 * Elements of a channel: how a value becomes words of a slot and comes back.
 *
 * Shape word   0: one 32-bit integer. n > 0: n words. -n: at most n bytes, after a word that says how many.
 */
import { read, write } from '#access'
import { checkInteger, checkKeys, wrongType } from '../../base/arguments.ts'
import { INT_MAX } from '../../base/constants.ts'
import type { Copy } from '../channel.ts'

/** What a channel carries: 32-bit integers, `words` of them at a time, or up to `bytes` bytes. */
export interface Shape {
  /** Elements are Int32Arrays of that length, 1 to 1,048,576. */
  readonly words?: number | undefined
  /** Elements are Uint8Arrays of at most that length, 1 to 4,194,304. */
  readonly bytes?: number | undefined
}

/** The shape of a channel of integers. */
export interface Integers extends Shape {
  readonly words?: undefined
  readonly bytes?: undefined
}

/** Type of an element of that shape. */
export type Element<S extends Shape> = S extends { readonly bytes: number }
  ? Uint8Array
  : S extends { readonly words: number }
    ? Int32Array
    : number

const MAX_WORDS = 2 ** 20
const BYTES = 4

/** The shape as a word. */
export function elementOf({ words = 0, bytes = 0 }: Shape = {}): number {
  return bytes > 0 ? -bytes : words
}

/** Words of a slot. Throws if the shape is none. */
export function elementWords(where: string, shape: Shape = {}): number {
  checkKeys(where, 'the element', shape, ['words', 'bytes'])
  const { words = 1, bytes } = shape
  if (shape.words !== undefined && bytes !== undefined) {
    throw new TypeError(`${where}: an element must have words or bytes, not both`)
  }
  if (bytes === undefined) {
    checkInteger(where, 'words', words, 1, MAX_WORDS)
    return words
  }
  checkInteger(where, 'bytes', bytes, 1, MAX_WORDS * BYTES)
  return 1 + Math.ceil(bytes / BYTES)
}

/** Copies elements of one shape. */
export interface Codec {
  /** What writes the value into a slot. Throws if it is none of this shape. */
  put(where: string, value: unknown): Copy
  /** Reads a slot; `value` returns what it read. */
  readonly take: Copy
  value(): unknown
}

/** The codec of a shape word. */
export function codecOf(shape: number): Codec {
  return shape === 0 ? integers() : arrays(shape)
}

function integers(): Codec {
  let taken = 0
  return {
    put(where, value) {
      checkInteger(where, 'the element', value, -INT_MAX - 1, INT_MAX)
      return (slot) => {
        write(slot, value as number)
      }
    },
    take: (slot) => {
      taken = read(slot)
    },
    value: () => taken,
  }
}

/** Of words, which are copied as they are, and of bytes, which are copied as words after their number. */
function arrays(shape: number): Codec {
  const least = Math.max(shape, 0)
  const most = Math.abs(shape)
  const of = shape < 0 ? Uint8Array : Int32Array
  let taken: unknown
  return {
    put(where, value) {
      if (!(value instanceof of)) {
        throw wrongType(where, 'the element', shape < 0 ? 'a Uint8Array' : `an Int32Array of ${most}`, value)
      }
      checkInteger(where, 'the length of the element', value.length, least, most)
      const words = new Int32Array(Math.ceil(value.byteLength / BYTES))
      new of(words.buffer).set(value)
      return (slot) => {
        if (shape < 0) write(slot++, value.length)
        words.forEach((word, i) => {
          write(slot + i, word)
        })
      }
    },
    take: (slot) => {
      const length = shape < 0 ? read(slot++) : most
      const words = new Int32Array(Math.ceil((length * of.BYTES_PER_ELEMENT) / BYTES))
      for (let i = 0; i < words.length; i++) words[i] = read(slot + i)
      taken = new of(words.buffer, 0, length)
    },
    value: () => taken,
  }
}
