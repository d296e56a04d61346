/**
 * What the buffer of a memory that the caller made holds while a program is explored: not the program's words, which are kept
 * elsewhere, but decoys. Code under test that still reaches the buffer, through a view made before the run or through WebAssembly,
 * is found: what it writes changes a decoy, what it reads differs when the same schedule runs over another decoy. The values that the
 * program itself gives its words are among them, since a body may ask for one of those alone.
 *
 * Invariant  outside of executions and checks the buffer holds what the caller left there, and so it does in the end.
 */
import { Dice } from '../searches/sample.ts'
import { kindNamed } from './kinds.ts'
import type { Held } from './held.ts'

const Bytes = kindNamed('Uint8Array').Native as unknown as new (buffer: ArrayBufferLike) => Uint8Array

/** The decoys of one buffer. */
export class Decoy {
  readonly #bytes: Uint8Array
  readonly #original: Uint8Array
  readonly #expected: Uint8Array
  readonly #dice = new Dice(1)

  constructor(buffer: SharedArrayBuffer) {
    this.#bytes = new Bytes(buffer)
    this.#original = this.#bytes.slice()
    this.#expected = this.#original.slice()
  }

  /** Lays out the first decoy: what the caller left there. */
  first(): void {
    this.#lay(this.#original)
  }

  /** Lays out another one: every byte differs from the caller's. */
  second(): void {
    const { length } = this.#original
    const other = this.#original.slice()
    for (let i = 0; i < length; i++) other[i] = other[i]! ^ (1 + this.#dice.below(0xff))
    this.#lay(other)
  }

  /** Lays out, one after the other, the values that the program's words have held, but for what the caller left there. */
  *layers(held: Held): Generator<undefined> {
    for (let number = 0; number < held.layers; number++) if (this.shows(held.layer(number))) yield
  }

  /** Lays out these words; false if they are what the caller left there. */
  shows(words: Int32Array): boolean {
    const content = bytesOf(words).subarray(0, this.#original.length)
    if (content.every((byte, i) => byte === this.#original[i])) return false
    this.#lay(content)
    return true
  }

  #lay(content: Uint8Array): void {
    this.#expected.set(content)
    this.#bytes.set(content)
  }

  /** First byte that somebody has changed, or -1. */
  changed(): number {
    return this.#bytes.findIndex((byte, i) => byte !== this.#expected[i])
  }

  /** Shows the program's own words while `check` runs: a check may use the caller's views. Tells `wrote` a byte that it has changed. */
  reveal(words: Int32Array, check: () => void, wrote: (byte: number) => void): void {
    const shown = bytesOf(words).subarray(0, this.#bytes.length)
    this.#bytes.set(shown)
    try {
      check()
    } finally {
      const byte = this.#bytes.findIndex((now, i) => now !== shown[i])
      this.#bytes.set(this.#expected)
      if (byte >= 0) wrote(byte)
    }
  }

  /** What `setup` has written there, past the explorer, goes into the program's words. */
  adopt(words: Int32Array): void {
    const into = bytesOf(words)
    this.#bytes.forEach((byte, i) => {
      if (byte !== this.#original[i]) into[i] = byte
    })
    this.restore()
  }

  /** The caller's memory is as it was. */
  restore(): void {
    this.#lay(this.#original)
  }
}

function bytesOf(words: Int32Array): Uint8Array {
  const all = new Bytes(words.buffer)
  return all.subarray(words.byteOffset, words.byteOffset + words.byteLength)
}
