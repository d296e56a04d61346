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

// Offsets in a slot. VERSION counts changes of the value.
export const VERSION = 0
/** CPU + 1 that freed the object the word is in; 0 while it lives. */
export const FREED = 1
/** Epoch of the last plain write: CPU + 1 | clock << EPOCH_SHIFT. */
export const PLAIN_WRITE = 2
export const ATOMIC_WRITE = 3
/** Bytes that the last atomic write and each CPU's last atomic read covered, if not the word: see clocks.ts. */
export const WRITE_RANGE = 4
/** Step at which the object that the word is in was allocated in this execution. */
const BORN = 5
/** CPUs that have read the word by data_race since then, as bits. */
export const RACY_READ = 6
/** Clock of each CPU's last plain read. */
export const PLAIN_READ = 7
export const ATOMIC_READ = PLAIN_READ + MAX_CPUS
/** Vector clock that the last atomic write released. */
export const RELEASED = ATOMIC_READ + MAX_CPUS
export const READ_RANGE = RELEASED + MAX_CPUS
/** Spin iteration in which each CPU last read the word, and the version it saw. */
export const SPIN_ITERATION = READ_RANGE + MAX_CPUS
export const SPIN_VERSION = SPIN_ITERATION + MAX_CPUS
const STAMP = SPIN_VERSION + MAX_CPUS
/** The word's address. */
export const ADDRESS = STAMP + 1
/** What the word held at the start. */
export const SAVED = STAMP + 2
const STRIDE = STAMP + 3

/** Epochs hold CPU + 1 in their low bits, 0 for nobody. */
export const EPOCH_SHIFT = 4
export const EPOCH_CPU = (1 << EPOCH_SHIFT) - 1

/** What the words were at a moment of an execution. */
export interface WordsMoment {
  take(words: WordTable): void
  back(words: WordTable): void
}

/** As a copy: the slots, and for each word that was touched its slot and value. It can be gone back to from anywhere. */
export class SavedWords implements WordsMoment {
  /** As long as the part of the table that was in use. */
  slots: Int32Array = new Int32Array(0)
  touched: Int32Array = new Int32Array(16)
  count = 0

  take(words: WordTable): void {
    words.save(this)
  }

  back(words: WordTable): void {
    words.load(this)
  }
}

/** As a place in the journal: it costs nothing, and can be gone back to from a later moment of its execution only. */
export class WordsMark implements WordsMoment {
  touched = 0
  journal = 0
  stamp = 0

  take(words: WordTable): void {
    words.mark(this)
  }

  back(words: WordTable): void {
    words.back(this)
  }
}

/** Slots of the words of one memory. */
export class WordTable {
  table: Int32Array
  #slotOf: Int32Array
  /** Slots of the words that have been touched, and how many there are. */
  touched: Int32Array = new Int32Array(256)
  touchedCount = 0
  #slots = 1
  /** The part of the table that is in use; undefined when it has grown. */
  #used: Int32Array | undefined
  /** What `at` stamps slots with, and the first stamp of this execution. */
  #stamp = 1
  #born = 1
  /** Slots as they were before they changed after a mark, each with the value of its word. */
  #journal: Int32Array = new Int32Array(64 * (STRIDE + 2))
  #journaled = 0
  /** Changes when marks of before can no longer be gone back to. */
  life = 0
  memory: Int32Array

  constructor(memory: Int32Array) {
    this.memory = memory
    this.table = new Int32Array(256 * STRIDE)
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
    let slot = this.#slotOf[address]!
    if (slot > 0 && this.table[slot + STAMP]! >= this.#born) return this.#note(slot, address)
    if (!(address >= 0 && address < this.memory.length)) throw new RangeError(`bad address ${address}`)
    if (slot === 0) {
      slot = this.#slots++ * STRIDE
      this.#used = undefined
      this.#slotOf[address] = slot
      if (slot + STRIDE > this.table.length) this.table = grown(this.table)
      this.table[slot + ADDRESS] = address
    }
    const table = this.table
    table.fill(0, slot, slot + SPIN_VERSION)
    table[slot + STAMP] = this.#stamp
    table[slot + SAVED] = this.memory[address]!
    if (this.touchedCount === this.touched.length) this.touched = grown(this.touched)
    this.touched[this.touchedCount++] = slot
    return slot
  }

  /** Puts a slot into the journal: it is about to change for the first time since the last mark. */
  #note(slot: number, address: number): number {
    const { table } = this
    const at = this.#journaled
    if (at + STRIDE + 2 > this.#journal.length) this.#journal = grown(this.#journal)
    const journal = this.#journal
    for (let i = 0; i < STRIDE; i++) journal[at + i] = table[slot + i]!
    journal[at + STRIDE] = slot
    journal[at + STRIDE + 1] = this.memory[address]!
    this.#journaled = at + STRIDE + 2
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
    while (this.#journaled > upTo) {
      const at = (this.#journaled -= STRIDE + 2)
      const slot = journal[at + STRIDE]!
      for (let i = 0; i < STRIDE; i++) table[slot + i] = journal[at + i]!
      memory[table[slot + ADDRESS]!] = journal[at + STRIDE + 1]!
    }
    this.#forget(touched)
    this.#stamp = stamp + 1
  }

  /** Saves what is known of the words that have been touched. */
  save(into: SavedWords): void {
    const { table, memory, touched } = this
    const n = this.touchedCount
    const used = (this.#used ??= table.subarray(0, this.#slots * STRIDE))
    if (into.slots.length !== used.length) into.slots = new Int32Array(used.length)
    while (into.touched.length < 2 * n) into.touched = grown(into.touched)
    into.slots.set(used)
    for (let i = 0; i < n; i++) {
      const slot = touched[i]!
      into.touched[2 * i] = slot
      into.touched[2 * i + 1] = memory[table[slot + ADDRESS]!]!
    }
    into.count = n
  }

  /** Goes back to what was saved: words that have been touched since are as at the start. */
  load({ slots, touched, count }: SavedWords): void {
    this.restart()
    const { table, memory } = this
    // Slots that came later keep their addresses, and those of words that have not been touched are stale.
    table.set(slots)
    for (let i = 0; i < count; i++) {
      const slot = touched[2 * i]!
      table[slot + STAMP] = this.#stamp
      memory[table[slot + ADDRESS]!] = touched[2 * i + 1]!
      this.touched[i] = slot
    }
    this.touchedCount = count
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
