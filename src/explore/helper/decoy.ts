/**
 * What the buffer of a memory that the caller made holds while a program is explored: not the program's words, which are kept
 * elsewhere, but decoys. Code under test that still reaches the buffer, through a view made before the run or through WebAssembly,
 * is found: what it writes changes a decoy, what it reads differs when the same schedule runs over another decoy.
 *
 * Invariant  outside of executions and checks the buffer holds what the caller left there, and so it does in the end.
 */
import { Dice } from '../searches/sample.ts'
import { kindNamed } from './kinds.ts'

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

  #lay(content: Uint8Array): void {
    this.#expected.set(content)
    this.#bytes.set(content)
  }

  /** First byte that somebody has changed, or -1. */
  changed(): number {
    return this.#bytes.findIndex((byte, i) => byte !== this.#expected[i])
  }

  /** Shows the program's own words while `check` runs: a check may use the caller's views. */
  reveal(words: Int32Array, check: () => void): void {
    this.#bytes.set(bytesOf(words).subarray(0, this.#bytes.length))
    try {
      check()
    } finally {
      this.#bytes.set(this.#expected)
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
