/**
 * Plain accesses of foreign code, as many as they have pieces. With `races` they are checked by clocks and are no events; without, each
 * piece of one is a schedule point.
 */
import { CHANGED, LOAD, READS, STORE, WRITES } from '../../dependence.ts'
import { A_PLAIN_READ, A_PLAIN_WRITE } from '../../engine/clocks.ts'
import { LIVE } from '../../engine/mode.ts'
import { PLAIN_LOAD, PLAIN_STORE } from '../../engine/log.ts'
import { raced } from '../../engine/perform.ts'
import { noteRead } from '../../engine/spin.ts'
import { VERSION } from '../../engine/words.ts'
import { INT32 } from '../kinds.ts'
import { bitsOf, MASK_BITS, maskOf, piece, piecesOf, setPiece, WHOLE } from '../pieces.ts'
import { AtomicEngine } from './atomic.ts'
import { FIRST_WORD } from './elements.ts'

/** See the head of this file. */
export abstract class PlainEngine extends AtomicEngine {
  /** Reads the pieces of a plain access into the scratch words. */
  readPieces(at: number, size: number): void {
    const n = piecesOf(at, size)
    const word = FIRST_WORD + (at >> 2)
    // Others that run in between use the scratch words too.
    const first = this.#readPiece(word, maskOf(at, size, 0))
    const second = n > 1 ? this.#readPiece(word + 1, maskOf(at, size, 1)) : 0
    const third = n > 2 ? this.#readPiece(word + 2, maskOf(at, size, 2)) : 0
    setPiece(0, first)
    setPiece(1, second)
    setPiece(2, third)
  }

  /** Writes the scratch words as the pieces of a plain access. */
  writePieces(at: number, size: number): void {
    // What is written must not change while others run.
    const values = [piece(0), piece(1), piece(2)]
    for (let i = 0, n = piecesOf(at, size); i < n; i++) {
      const mask = maskOf(at, size, i)
      // The scratch words hold bytes of earlier values too.
      const bits = mask === WHOLE ? values[i]! : values[i]! & bitsOf(mask)
      this.#writePiece(FIRST_WORD + (at >> 2) + i, mask, bits)
    }
  }

  #readPiece(word: number, mask: number): number {
    const tag = (word << MASK_BITS) | mask
    if (this.mode !== LIVE) {
      if (this.isBare()) return this.int32[word]!
      this.repeats(PLAIN_LOAD, INT32, word, mask, 0)
      return this.replayed(PLAIN_LOAD, tag)
    }
    this.touched = true
    this.announce(PLAIN_LOAD, INT32, word, mask, 0)
    if (!this.rules.races) this.point(LOAD, this.grain.representative(word), 0, 0)
    const value = this.performRead(word, mask)
    this.answered(value)
    return value
  }

  /** A plain access to a whole word that only the clocks look at. */
  #isSimple(mask: number): boolean {
    if (mask !== WHOLE || !this.whole || !this.rules.races) return false
    return this.narrative === undefined && this.listener === null
  }

  protected performRead(word: number, mask: number): number {
    const tag = (word << MASK_BITS) | mask
    if (this.#isSimple(mask)) {
      const clash = this.clocks.plainRead(this.me, this.words.at(word))
      if (clash !== 0) raced(this, this.me, word, A_PLAIN_READ, clash)
      return this.keep(PLAIN_LOAD, tag, this.int32[word]!)
    }
    if (!this.rules.races) {
      const cls = this.grain.representative(word)
      noteRead(this, this.me, this.words.at(cls))
      this.#describePlain(word, mask, false, this.int32[word]!, 0)
      this.record(LOAD, cls, 0, 0, this.int32[word]!, READS)
      return this.keep(PLAIN_LOAD, tag, this.int32[word]!)
    }
    this.order(word, mask, A_PLAIN_READ, 0)
    const value = this.int32[word]!
    this.#describePlain(word, mask, false, value, 0)
    if (this.listener !== null) this.listener.plain(this, word, value, false)
    return this.keep(PLAIN_LOAD, tag, value)
  }

  #writePiece(word: number, mask: number, bits: number): void {
    const tag = (word << MASK_BITS) | mask
    if (this.mode !== LIVE) {
      if (this.isBare((word - FIRST_WORD) * 4 + (Math.clz32(mask & -mask) ^ 31)))
        this.#merge(word, mask, bits)
      else {
        this.repeats(PLAIN_STORE, INT32, word, mask, bits)
        this.replayed(PLAIN_STORE, tag)
      }
      return
    }
    this.touched = true
    this.announce(PLAIN_STORE, INT32, word, mask, bits)
    if (!this.rules.races) this.point(STORE, this.grain.representative(word), bits, mask)
    this.performWrite(word, mask, bits)
    this.answered(0)
  }

  protected performWrite(word: number, mask: number, bits: number): void {
    const tag = (word << MASK_BITS) | mask
    if (this.#isSimple(mask)) {
      const slot = this.words.at(word)
      const clash = this.clocks.plainWrite(this.me, slot)
      if (clash !== 0) raced(this, this.me, word, A_PLAIN_WRITE, clash)
      if (this.int32[word] !== bits) {
        this.int32[word] = bits
        this.held?.note(word - FIRST_WORD, bits)
        this.words.table[slot + VERSION]!++
      }
      this.keep(PLAIN_STORE, tag, bits)
      return
    }
    const { races } = this.rules
    const cls = this.grain.representative(word)
    if (races) this.order(word, mask, A_PLAIN_WRITE, 0)
    const old = this.int32[word]!
    const changed = this.#merge(word, mask, bits)
    this.#describePlain(word, mask, true, this.int32[word]!, old)
    if (!races) this.record(STORE, cls, bits, mask, old, changed ? WRITES | CHANGED : WRITES)
    else if (this.listener !== null) this.listener.plain(this, word, this.int32[word]!, true)
    this.keep(PLAIN_STORE, tag, bits)
  }

  #describePlain(word: number, mask: number, write: boolean, value: number, old: number): void {
    if (this.narrative === undefined) return
    const first = Math.clz32(mask & -mask) ^ 31
    const at = (word - FIRST_WORD) * 4 + first
    let size = 0
    for (let rest = mask >> first; (rest & 1) !== 0; rest >>= 1) size++
    this.caption = this.narrative.plain(at, size, write, value >> (first * 8), old >> (first * 8))
  }

  /** Writes some bytes of a word. Returns true if that changes it. */
  #merge(word: number, mask: number, bits: number): boolean {
    const slot = this.words.at(this.grain.representative(word))
    this.words.at(word)
    const old = this.int32[word]!
    const all = mask === WHOLE ? -1 : bitsOf(mask)
    const value = (old & ~all) | (bits & all)
    if (value === old) return false
    this.int32[word] = value
    this.held?.note(word - FIRST_WORD, value)
    this.words.table[slot + VERSION]!++
    return true
  }

  /** The prologue of a body is brought about again from its log. */
  protected override effect(kind: number, addr: number, value: number): void {
    if (kind !== PLAIN_LOAD && kind !== PLAIN_STORE) {
      super.effect(kind, addr, value)
      return
    }
    const word = addr >> MASK_BITS
    const mask = addr & WHOLE
    this.order(word, mask, kind === PLAIN_LOAD ? A_PLAIN_READ : A_PLAIN_WRITE, 0)
    if (kind === PLAIN_STORE) this.#merge(word, mask, value)
  }
}
