/**
 * Tells a user's lock that hangs from one that is slow.
 *
 * Lost     every thread is parked, has ended, or sleeps on a word of the lock without a time-out, and as many as say so are woken by
 *          a notify: then nobody was on its way who could have woken them. Nobody is inside, so the lock is to be had: their wake-up
 *          is lost. Those who were woken go on. Who sleeps again where it slept, with nothing done in between, never gets the lock.
 * Hang     nothing has changed for `HANG_MS`, while somebody is in a function of the lock: it spins, or sleeps in slices.
 */
import type { TaskTally } from '../tally.ts'
import * as c from './control.ts'

/** Looks in a row that must find the same before sleepers are woken to be counted. */
const AGREE = 20
const HANG_MS = 5_000

/** What came of a look. */
export interface Found {
  readonly kind: '' | 'lost_wakeup' | 'hang'
  readonly text: string
}

const NOTHING: Found = { kind: '', text: '' }

/** Watches the threads of one test. */
export class Standstill {
  readonly #view: Int32Array
  readonly #control: Int32Array
  readonly #threads: readonly TaskTally[]
  readonly #words: number
  #last = ''
  #looks = 0
  #since = 0
  #woken = ''
  readonly #hold: (still: boolean) => void

  /** @param view of the lock @param words of the lock @param hold what has led here is to be kept, or with false it is not */
  constructor(
    view: Int32Array,
    words: number,
    control: Int32Array,
    threads: readonly TaskTally[],
    hold: (still: boolean) => void,
  ) {
    this.#hold = hold
    this.#view = view
    this.#words = words
    this.#control = control
    this.#threads = threads
  }

  /** True if no thread is at work. */
  get atRest(): boolean {
    return this.#threads.every((_, i) => this.#isResting(i))
  }

  /** Looks once. The tally has been collected. */
  look(nowMs: number): Found {
    const picture = this.#picture()
    if (picture !== this.#last) {
      this.#last = picture
      this.#looks = 0
      this.#since = nowMs
      return NOTHING
    }
    this.#looks++
    const busy = [...this.#threads.keys()].filter((i) => !this.#isResting(i))
    if (busy.length === 0) return NOTHING
    if (this.#looks >= AGREE && busy.every((i) => this.#read(i, c.ASLEEP) !== 0)) return this.#probe(busy)
    if (nowMs - this.#since < HANG_MS) return NOTHING
    this.#hold(true)
    return { kind: 'hang', text: this.#told(`nothing has moved for ${HANG_MS / 1000} s`) }
  }

  /** What each thread does, and what the words of the lock are. */
  #told(headline: string): string {
    const lines = this.#threads.map(({ comm }, i) => `  ${comm} ${i} ${this.#does(i)}`)
    const last = Atomics.load(this.#control, c.LAST)
    const gave =
      last === 0 ? 'nobody has held the lock yet' : `thread ${last - 1} was the last to give it back`
    const values = Array.from({ length: Math.min(this.#words, 8) }, (_, i) => Atomics.load(this.#view, i))
    const more = this.#words > values.length ? ' …' : ''
    return [
      headline,
      ...lines,
      `  ${this.#inside() ?? `nobody is inside; ${gave}`}`,
      `  words of the lock: ${values.join(' ')}${more}`,
    ].join('\n')
  }

  #inside(): string | undefined {
    const writer = Atomics.load(this.#control, c.WRITING)
    if (writer !== 0) return `thread ${writer - 1} is inside`
    const readers = Atomics.load(this.#control, c.READING)
    return readers === 0 ? undefined : `${readers} who share the lock are inside`
  }

  #does(i: number): string {
    const doing = this.#read(i, c.DOING)
    const asleep = this.#read(i, c.ASLEEP)
    if (doing === c.PARKED || doing === c.ENDED) return 'holds nothing, and rests'
    const call = c.CALLS[doing - c.IN_CALL]
    if (call === undefined) return doing === c.STARTING ? 'starts' : 'is outside of the functions of the lock'
    return `is in ${call}, ${asleep === 0 ? 'awake: it spins, or sleeps in slices' : `asleep on word ${asleep - 1}`}`
  }

  #probe(busy: readonly number[]): Found {
    this.#looks = 0
    const words = [...new Set(busy.map((i) => this.#read(i, c.ASLEEP) - 1))]
    const text = this.#told('')
    const held = this.#inside() !== undefined
    this.#hold(true)
    const woken = words.reduce((sum, word) => sum + Atomics.notify(this.#view, word), 0)
    if (woken !== busy.length) {
      this.#hold(false)
      return NOTHING
    }
    const again = this.#woken === this.#last
    this.#woken = this.#last
    const who = busy.map((i) => `thread ${i}`).join(', ')
    if (again || held) {
      return {
        kind: 'hang',
        text: `deadlock: ${who} sleep${busy.length === 1 ? 's' : ''} for ever, and nobody is left to wake ${busy.length === 1 ? 'it' : 'them'}${text}`,
      }
    }
    return {
      kind: 'lost_wakeup',
      text: `lost wake-up: ${who} asleep, and nobody holds the lock or is about to wake ${busy.length === 1 ? 'it' : 'them'}${text}`,
    }
  }

  #isResting(i: number): boolean {
    const doing = this.#read(i, c.DOING)
    return doing === c.PARKED || doing === c.ENDED
  }

  #picture(): string {
    return this.#threads
      .map(({ counts }, i) => `${this.#read(i, c.DOING)} ${this.#read(i, c.ASLEEP)} ${counts.join(' ')}`)
      .join('|')
  }

  #read(i: number, word: number): number {
    return Atomics.load(this.#control, c.slotOf(i) + word)
  }
}
