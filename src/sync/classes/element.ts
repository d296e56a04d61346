/**
 * Elements of a channel: how a value becomes words of a slot and comes back.
 *
 * Shape word   0: one 32-bit integer. n > 0: n words. -n: at most n bytes, after a word that says how many.
 */
import { read, write } from '#access'
import { INT_MAX } from '../../base/constants.ts'
import type { Copy } from '../channel.ts'
import { checkInteger, wrongType } from './arguments.ts'

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
  const { words, bytes } = shape
  if (words !== undefined && bytes !== undefined) {
    throw new TypeError(`${where}: an element must have words or bytes, not both`)
  }
  if (bytes !== undefined) {
    checkInteger(where, 'bytes', bytes, 1, MAX_WORDS * BYTES)
    return 1 + Math.ceil(bytes / BYTES)
  }
  if (words === undefined) return 1
  checkInteger(where, 'words', words, 1, MAX_WORDS)
  return words
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
  return shape === 0 ? integers() : shape > 0 ? arrays(shape) : bytes(-shape)
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

function store(slot: number, words: Int32Array): void {
  for (let i = 0; i < words.length; i++) write(slot + i, words[i] as number)
}

function load(slot: number, count: number): Int32Array<ArrayBuffer> {
  const words = new Int32Array(count)
  for (let i = 0; i < count; i++) words[i] = read(slot + i)
  return words
}

function arrays(count: number): Codec {
  let taken = new Int32Array(0)
  return {
    put(where, value) {
      if (!(value instanceof Int32Array))
        throw wrongType(where, 'the element', `an Int32Array of ${count}`, value)
      checkInteger(where, 'the length of the element', value.length, count, count)
      return (slot) => {
        store(slot, value)
      }
    },
    take: (slot) => {
      taken = load(slot, count)
    },
    value: () => taken,
  }
}

function bytes(most: number): Codec {
  let taken = new Uint8Array(0)
  return {
    put(where, value) {
      if (!(value instanceof Uint8Array)) throw wrongType(where, 'the element', 'a Uint8Array', value)
      checkInteger(where, 'the length of the element', value.length, 0, most)
      const words = new Int32Array(Math.ceil(value.length / BYTES))
      new Uint8Array(words.buffer).set(value)
      return (slot) => {
        write(slot, value.length)
        store(slot + 1, words)
      }
    },
    take: (slot) => {
      const length = read(slot)
      taken = new Uint8Array(load(slot + 1, Math.ceil(length / BYTES)).buffer, 0, length)
    },
    value: () => taken,
  }
}
