/**
 * The watchdog looks at every CPU that has a command to finish. A CPU has made progress when its heartbeat counts up, when
 * it falls asleep on something else or wakes, and when it finishes. One that makes none and does not sleep is stuck; when
 * none of them makes any, whatever they sleep on, they wait for each other.
 *
 * Context   main's event loop; reads only.
 */
import { mailbox } from './globals.ts'
import { BLOCKED_NAMES, task_of, task_struct } from '../mem/task.ts'

const T = task_struct.offset
const DONE = mailbox.offset.done

/** How long is too long, milliseconds. */
export interface Patience {
  /** No heartbeat. */
  readonly hangMs: number
  /** The same after a task has died of an Oops: what it held will never be released. */
  readonly damagedMs: number
  /** One command, however much progress it makes. Infinity where `budgetBeats` bounds it. */
  readonly budgetMs: number
  /** Heartbeats of one command, of all CPUs together: more are a loop that does not end, on a busy machine as on a quiet one. */
  readonly budgetBeats?: number
}

/** What the watchdog found. */
export interface Verdict {
  readonly kind: 'hang' | 'deadlock' | 'budget'
  /** CPU that is stuck, −1 when it is all of them. */
  readonly cpu: number
  readonly message: string
}

/** What one look can add to a stopwatch at most, milliseconds. */
const STEP_MS = 250

/**
 * Time that passed while somebody looked, as milliseconds. When the whole computer stood still (a suspended machine, a
 * paused guest), the workers stood still too, and nobody should be blamed for it.
 */
export class Stopwatch {
  #last: number
  #elapsed = 0

  constructor(now: number) {
    this.#last = now
  }

  /** Time so far. To be called several times per second. */
  look(now: number): number {
    this.#elapsed += Math.min(now - this.#last, STEP_MS)
    this.#last = now
    return this.#elapsed
  }
}

interface Seen {
  heartbeat: number
  blockedOn: number
  /** When one of them changed last. */
  at: number
}

/** Watches the CPUs of one command. */
export class Watchdog {
  readonly #view: Int32Array
  readonly #boxes: readonly number[]
  readonly #seq: number
  readonly #clock: Stopwatch
  readonly #seen: Seen[]
  /** Heartbeats when the command began. */
  readonly #began: readonly number[]
  #unfinishedCount: number
  /** When any CPU made progress last. */
  #progress = 0

  /**
   * @param boxes mailboxes of the CPUs that take part, by CPU
   * @param seq number of the command
   * @param now milliseconds of a monotonic clock
   */
  constructor(view: Int32Array, boxes: readonly number[], seq: number, now: number) {
    this.#view = view
    this.#boxes = boxes
    this.#seq = seq
    this.#clock = new Stopwatch(now)
    this.#seen = boxes.map((_, cpu) => ({ ...this.#state(cpu), at: 0 }))
    this.#began = this.#seen.map(({ heartbeat }) => heartbeat)
    this.#unfinishedCount = boxes.length
  }

  /** Looks once. Call it a few times per `hangMs`. */
  look(moment: number, patience: Patience, damaged: boolean): Verdict | undefined {
    const now = this.#clock.look(moment)
    const limit = damaged ? patience.damagedMs : patience.hangMs
    const busy = this.#unfinished()
    if (busy.length !== this.#unfinishedCount) this.#progress = now
    this.#unfinishedCount = busy.length
    const idle = busy.map((cpu) => this.#idleMs(cpu, now))
    for (const [i, cpu] of busy.entries()) {
      const idleMs = idle[i] as number
      if (idleMs < limit || this.#word(cpu, T.blocked_on) !== 0) continue
      const message = `CPU ${cpu} has made no progress for ${seconds(idleMs)} and does not sleep`
      return { kind: 'hang', cpu, message }
    }
    if (busy.length > 0 && now - this.#progress >= limit) {
      const kinds = [...new Set(busy.map((cpu) => BLOCKED_NAMES[this.#word(cpu, T.blocked_kind)]))].join(', ')
      const message = `no CPU has made progress for ${seconds(now - this.#progress)}: all sleep (${kinds})`
      return { kind: 'deadlock', cpu: -1, message }
    }
    const { budgetMs, budgetBeats = Infinity } = patience
    const beats = this.#beats()
    if (busy.length === 0 || (now <= budgetMs && beats <= budgetBeats)) return undefined
    const after = now > budgetMs ? seconds(now) : `${beats} heartbeats`
    return { kind: 'budget', cpu: -1, message: `the round is not over after ${after}` }
  }

  /** Heartbeats of all CPUs since the command began. */
  #beats(): number {
    const each = this.#began.map((before, cpu) => (this.#word(cpu, T.heartbeat) - before) >>> 0)
    return each.reduce((sum, beats) => sum + beats, 0)
  }

  #unfinished(): number[] {
    return [...this.#boxes.keys()].filter((cpu) => {
      return Atomics.load(this.#view, (this.#boxes[cpu] as number) + DONE) !== this.#seq
    })
  }

  #idleMs(cpu: number, now: number): number {
    const seen = this.#seen[cpu] as Seen
    const state = this.#state(cpu)
    if (state.heartbeat !== seen.heartbeat || state.blockedOn !== seen.blockedOn) {
      Object.assign(seen, state, { at: now })
      this.#progress = now
    }
    return now - seen.at
  }

  #state(cpu: number): Omit<Seen, 'at'> {
    return { heartbeat: this.#word(cpu, T.heartbeat), blockedOn: this.#word(cpu, T.blocked_on) }
  }

  #word(cpu: number, field: number): number {
    return Atomics.load(this.#view, task_of(cpu) + field)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
