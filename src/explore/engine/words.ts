/**
 * What the engine knows about each word of the model's memory in the current execution: versions, clocks, lifetime.
 * Words get a slot when they are first touched, so the cost is set by what a model touches, not by its arena.
 *
 * Invariant  a slot whose STAMP is older than the execution is stale: `at` clears it and saves the word's value, so that
 *            `restart` can put memory back by undoing the touched words only. One that is older than the last mark is
 *            put into the journal by `at` before it changes, so that `back` can undo what came after a mark.
 */

/** Most CPUs a program can have. Masks of CPUs are 16 bits wide. */
export const MAX_CPUS = 8

// Offsets in a slot.
const STAMP = 0
/** The word's address. */
export const ADDRESS = 1
/** What the word held at the start. */
export const SAVED = 2
/** Counts changes of the value. From here on all is 0 at the start of an execution. */
export const VERSION = 3
/** CPU + 1 that freed the object the word is in; 0 while it lives. */
export const FREED = 4
/** Epoch of the last plain write: CPU + 1 | clock << EPOCH_SHIFT. */
export const PLAIN_WRITE = 5
export const ATOMIC_WRITE = 6
/** Bytes that the last atomic write and each CPU's last atomic read covered, if not the word: see clocks.ts. */
export const WRITE_RANGE = 7
/** Step at which the object that the word is in was allocated in this execution. */
const BORN = 8
/** CPUs that have read the word by data_race since then, as bits. */
export const RACY_READ = 9
// Of CPU 0; those of the next one are NEXT_CPU further on.
/** Clock of its last plain read. */
export const PLAIN_READ = 10
export const ATOMIC_READ = 11
/** What the vector clock that the last atomic write released knows of it. */
export const RELEASED = 12
export const READ_RANGE = 13
/** Spin iteration in which it last read the word, and the version it saw. */
export const SPIN_ITERATION = 14
export const SPIN_VERSION = 15
export const NEXT_CPU = 6

/** Epochs hold CPU + 1 in their low bits, 0 for nobody. */
export const EPOCH_SHIFT = 4
export const EPOCH_CPU = (1 << EPOCH_SHIFT) - 1

/** A moment of an execution, as a place in the journal: it costs nothing, and is gone back to from a later moment only. */
export class WordsMark {
  touched = 0
  journal = 0
  stamp = 0
}

/** Slots of the words of one memory. */
export class WordTable {
  table: Int32Array
  #slotOf: Int32Array
  /** Slots of the words that have been touched, and how many there are. */
  touched: Int32Array = new Int32Array(256)
  touchedCount = 0
  #slots = 1
  /** What `at` stamps slots with, and the first stamp of this execution. */
  #stamp = 1
  #born = 1
  /** Slots as they were before they changed after a mark, each with the value of its word. */
  #journal: Int32Array = new Int32Array(1024)
  #journaled = 0
  /** Changes when marks of before can no longer be gone back to. */
  life = 0
  memory: Int32Array
  /** Words of a slot. */
  readonly #stride: number

  constructor(memory: Int32Array, cpus: number) {
    this.memory = memory
    this.#stride = PLAIN_READ + cpus * NEXT_CPU
    this.table = new Int32Array(64 * this.#stride)
    this.#slotOf = new Int32Array(memory.length)
  }

  /** Slot of the word: an offset into `table`. Touches the word. */
  at(address: number): number {
    const slot = this.#slotOf[address]!
    if (slot !== 0 && this.table[slot + STAMP] === this.#stamp) return slot
    return this.#refresh(address)
  }

  /** The word is in a new object. */
  renew(slot: number, step: number): void {
    this.table[slot + BORN] = step
    this.table[slot + RACY_READ] = 0
  }

  /** Step at which the object that a word is in was allocated, 0 if before the execution. Does not touch the word. */
  bornAt(address: number): number {
    const slot = this.#slotOf[address]!
    return this.table[slot + STAMP]! < this.#born ? 0 : this.table[slot + BORN]!
  }

  #refresh(address: number): number {
    const stride = this.#stride
    let slot = this.#slotOf[address]!
    if (slot > 0 && this.table[slot + STAMP]! >= this.#born) return this.#note(slot, address)
    if (!(address >= 0 && address < this.memory.length)) throw new RangeError(`bad address ${address}`)
    if (slot === 0) {
      slot = this.#slots++ * stride
      this.#slotOf[address] = slot
      if (slot + stride > this.table.length) this.table = grown(this.table)
      this.table[slot + ADDRESS] = address
    }
    const table = this.table
    for (let i = slot + VERSION; i < slot + stride; i++) table[i] = 0
    table[slot + STAMP] = this.#stamp
    table[slot + SAVED] = this.memory[address]!
    if (this.touchedCount === this.touched.length) this.touched = grown(this.touched)
    this.touched[this.touchedCount++] = slot
    return slot
  }

  /** Puts a slot into the journal: it is about to change for the first time since the last mark. */
  #note(slot: number, address: number): number {
    const { table } = this
    const stride = this.#stride
    const at = this.#journaled
    if (at + stride + 2 > this.#journal.length) this.#journal = grown(this.#journal)
    const journal = this.#journal
    for (let i = 0; i < stride; i++) journal[at + i] = table[slot + i]!
    journal[at + stride] = slot
    journal[at + stride + 1] = this.memory[address]!
    this.#journaled = at + stride + 2
    table[slot + STAMP] = this.#stamp
    return slot
  }

  /** Puts memory back to what it was at the last `restart` and forgets everything about its words. */
  restart(): void {
    this.#forget(0)
    this.#journaled = 0
    this.#born = ++this.#stamp
    this.life++
  }

  /** Undoes the words that have been touched since there were so many. */
  #forget(count: number): void {
    const { table, memory, touched } = this
    for (let i = count; i < this.touchedCount; i++) {
      const slot = touched[i]!
      memory[table[slot + ADDRESS]!] = table[slot + SAVED]!
      table[slot + STAMP] = 0
    }
    this.touchedCount = count
  }

  /** Marks this moment. Marks are gone back to in the reverse order, and end with the execution. */
  mark(into: WordsMark): void {
    into.touched = this.touchedCount
    into.journal = this.#journaled
    into.stamp = this.#stamp++
  }

  /** Goes back to a marked moment, which stays marked. */
  back({ touched, journal: upTo, stamp }: WordsMark): void {
    const { table, memory } = this
    const journal = this.#journal
    const stride = this.#stride
    while (this.#journaled > upTo) {
      const at = (this.#journaled -= stride + 2)
      const slot = journal[at + stride]!
      for (let i = 0; i < stride; i++) table[slot + i] = journal[at + i]!
      memory[table[slot + ADDRESS]!] = journal[at + stride + 1]!
    }
    this.#forget(touched)
    this.#stamp = stamp + 1
  }

  /** Takes memory as it is now for the state that `restart` restores. Returns what that changes: addresses and old values. */
  commit(): readonly (readonly [address: number, old: number])[] {
    const { table } = this
    const slots = [...this.touched.subarray(0, this.touchedCount)]
    this.touchedCount = 0
    this.#journaled = 0
    this.#born = ++this.#stamp
    this.life++
    return slots.map((slot) => [table[slot + ADDRESS]!, table[slot + SAVED]!] as const)
  }
}

function grown(array: Int32Array): Int32Array {
  const next = new Int32Array(array.length * 2)
  next.set(array)
  return next
}
