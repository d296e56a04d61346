/**
 * Words on which CPUs meet: which CPU's reads and which one's writes of a word another CPU's do not commute with, in some execution.
 *
 * Use      to preempt a CPU before it touches a word so that nobody meets it there shows nothing that preempting it before its next
 *          other event does not show as well, with no more preemptions: up to there it commutes with all others.
 * Sleep    a CPU that is preempted need not go on before another has done something that it meets: the same comes of it going on
 *          first and being preempted before its next event, with no more preemptions. Ordinary sleep sets know no bound: to run
 *          something before a switch that costs nothing makes it one that does.
 * Sound    once a search has met nothing that it did not know before it began: until then it is repeated. Take a schedule within
 *          the bound in which CPUs meet in a way that is not known, and its shortest prefix in which they do. Each preemption before
 *          a word where nobody is met is put off to that CPU's next other event; then the search has run it, and knows of it.
 *          Events alone must look at memory (Rules.eventsOnly), and plain accesses must be watched for races.
 * Objects  a word that is freed and allocated again is another: whoever touches it before its object is gone, or after, fails.
 * Source   Musuvathi & Qadeer, PLDI 2007, where the words known from the start are those of locks.
 */
import { READS, WRITES } from '../dependence.ts'

/** Words are told apart by so many bits of their address: to take one for another costs time and loses nothing. */
const WORDS = 1 << 18
/** Bits of a word: CPUs whose reads are met, and above them those whose writes are. */
const OF_WRITES = 8
/** Size of the set, in words that cores can share; the last one says how much is known. */
export const MEETINGS_WORDS = WORDS + 1

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

  /** `calm`: words before which nobody is preempted, whoever meets there. What a search leaves out because of them is not sound, but coarse. */
  constructor(words: Int32Array = new Int32Array(MEETINGS_WORDS), calm?: (addr: number) => boolean) {
    this.#words = words
    this.#calm = calm
  }

  /** How much is known. */
  get known(): number {
    return Atomics.load(this.#words, WORDS)
  }

  /** Somebody meets this CPU where it does something of this class to the word, and it may be preempted before. */
  has(addr: number, cpu: number, cls: number): boolean {
    return this.meets(addr, cpu, cls) && this.#calm?.(addr) !== true
  }

  /** Somebody meets it there, and it may not. */
  isCalm(addr: number, cpu: number, cls: number): boolean {
    return this.#calm?.(addr) === true && this.meets(addr, cpu, cls)
  }

  meets(addr: number, cpu: number, cls: number): boolean {
    const met = this.#words[addr & (WORDS - 1)]! >>> cpu
    return ((met | ((cls & WRITES) === 0 ? 0 : met >>> OF_WRITES)) & 1) !== 0
  }

  /** Of the CPUs that have been tried, those that sleep while another is: the one that it preempts. */
  asleep(preempted: number, _tried: number): number {
    return preempted
  }

  /** A CPU that has touched the word meets what another does to it. */
  met(addr: number, cpu: number, theirs: number): void {
    if ((theirs & WRITES) !== 0) this.#add(addr, 1 << cpu)
    else if ((theirs & READS) !== 0) this.#add(addr, 1 << (cpu + OF_WRITES))
  }

  #add(addr: number, bit: number): void {
    const at = addr & (WORDS - 1)
    if ((this.#words[at]! & bit) !== 0) return
    if ((Atomics.or(this.#words, at, bit) & bit) === 0) Atomics.add(this.#words, WORDS, 1)
  }
}
