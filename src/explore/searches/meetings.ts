/**
 * Words on which CPUs meet: more than one has touched them in one execution, and not all of them only to read.
 *
 * Use      to preempt a CPU before it touches a word of its own shows nothing that preempting it before its next other event does
 *          not show as well, with no more preemptions: up to there it commutes with all others. So a search leaves that out.
 * Sound    once a search has met no word that it did not know before it began: until then it is repeated. Take a schedule within
 *          the bound in which CPUs meet on an unknown word, and its shortest prefix in which they do. Each preemption before a word
 *          of a CPU's own is put off to that CPU's next other event; then the search has run it, and knows the word.
 *          Events alone must look at memory (Rules.eventsOnly), and plain accesses must be watched for races.
 * Source   Musuvathi & Qadeer, PLDI 2007, where the words known from the start are those of locks.
 */

/** Words are told apart by so many bits of their address: to take one for another costs time and loses nothing. */
const BITS = 1 << 18
/** Size of the set, in words that cores can share: the bits, then how many are set. */
export const MEETINGS_WORDS = BITS / 32 + 1

/** Bounds of the searches that end with one of this bound: small ones cost little, and most words are known when the last begins. */
export function boundsUpTo(bound = Infinity): readonly number[] {
  return Number.isFinite(bound)
    ? Array.from({ length: Math.max(1, bound) }, (_, i) => Math.min(i + 1, bound))
    : [bound]
}

/** The set. It only grows. */
export class Meetings {
  readonly #words: Int32Array

  readonly #calm: ((addr: number) => boolean) | undefined

  /** `calm`: words that never get into it. What a search leaves out because of them is not sound, but coarse. */
  constructor(words: Int32Array = new Int32Array(MEETINGS_WORDS), calm?: (addr: number) => boolean) {
    this.#words = words
    this.#calm = calm
  }

  /** How many words are known. */
  get known(): number {
    return Atomics.load(this.#words, BITS / 32)
  }

  has(addr: number): boolean {
    return ((this.#words[(addr & (BITS - 1)) >>> 5]! >>> (addr & 31)) & 1) !== 0
  }

  add(addr: number): void {
    if (this.has(addr) || this.#calm?.(addr) === true) return
    const bit = 1 << (addr & 31)
    const before = Atomics.or(this.#words, (addr & (BITS - 1)) >>> 5, bit)
    if ((before & bit) === 0) Atomics.add(this.#words, BITS / 32, 1)
  }
}
