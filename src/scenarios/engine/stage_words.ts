/**
 * The words of a stage: who has the turn, how far the schedule is, what each CPU is at, the time.
 *
 * State    turn: CPU number + 1 of who runs, or NOBODY when nobody can any more.
 *          per CPU:  READY    can run when it is given the turn
 *                    ASLEEP   in futex_wait on `on`, until woken or, if `deadline` is finite, until the clock gets there
 *                    ENDED    its body has returned, or died
 * Rules    all words but `turn` belong to whoever has the turn.
 */
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import * as fast from '../../mem/access.fast.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_read, raw_read_f64, raw_write, raw_write_f64 } from '../../mem/raw.ts'

const stage_globals = struct('scenario_globals', {
  turn: word,
  /** Index of the step that is being played. */
  step: word,
  /** Steps whose points were come to, a bit each; those from REACHED_BITS on share the last one. */
  reached: word,
  /** Numbers the sleeps, so that sleepers are woken in the order they fell asleep. */
  sleeps: word,
  /** Sleeps that only the clock has ended. */
  fired: word,
  cpus: word,
  /** One scenario_cpu per CPU. */
  table: word,
  /** Words of the scenario. */
  words: word,
  log: word,
  log_words: word,
  log_used: word,
  /** Bytes of order.ts, where somebody wants the order, and how many there have been. */
  order: word,
  order_used: word,
  /** Unforced runs: CPUs that stand at the start. */
  arrived: word,
})
const cpu_words = struct('scenario_cpu', { state: word, on: word, number: word, result: word, relaxes: word })
const G = stage_globals.offset
/** Fields of the stage. */
export const STAGE = G
/** Fields of a CPU. */
export const CPU = cpu_words.offset
const ROOT = rootAddr('scenario')

/** Words that a scenario's bodies share. */
const SCENARIO_WORDS = 64
const LOG_WORDS = 1 << 16
/** Accesses whose order is kept: the last. A race has some thousand. */
export const ORDER_KEPT: number = 1 << 18
/** Words of a CPU: scenario_cpu, then its deadline as a double. */
const STRIDE = 16
const DEADLINE = 8
/** Before everything: the clock as a double. */
const CLOCK_WORDS = 16

const REACHED_BITS = 31

export const READY = 0
export const ASLEEP = 1
export const ENDED = 2
export const NOBODY = 1 << 20

/** Makes the stage's words in a new arena. The calling thread is attached to it. `keepsOrder`: see order.ts. */
export function stage_init(cpus: number, keepsOrder: boolean): void {
  const base = alloc_boot(CLOCK_WORDS + stage_globals.words) + CLOCK_WORDS
  fast.write(ROOT, base)
  fast.write(base + G.cpus, cpus)
  fast.write(base + G.table, alloc_boot(cpus * STRIDE))
  fast.write(base + G.words, alloc_boot(SCENARIO_WORDS))
  fast.write(base + G.log, alloc_boot(LOG_WORDS))
  fast.write(base + G.log_words, LOG_WORDS)
  if (keepsOrder) fast.write(base + G.order, alloc_boot(ORDER_KEPT / 4))
}

/** Address of the globals. */
export function stage_root(): number {
  return raw_read(ROOT)
}

/** Address of the words that the scenario's bodies share. */
export function scenario_words(): number {
  return raw_read(stage_root() + G.words)
}

/** The words of one stage, beneath the observers. */
export class StageWords {
  readonly #base = stage_root()
  /** Address of the word that everybody waits on. */
  readonly turn: number = this.#base + G.turn

  /** Numbers of all CPUs. */
  cpus(): number[] {
    return Array.from({ length: raw_read(this.#base + G.cpus) }, (_, cpu) => cpu)
  }

  /** A field of CPU. */
  get(cpu: number, field: number): number {
    return raw_read(this.#at(cpu) + field)
  }

  set(cpu: number, field: number, value: number): void {
    raw_write(this.#at(cpu) + field, value)
  }

  /** A field of STAGE. */
  global(field: number): number {
    return raw_read(this.#base + field)
  }

  /** Counts a field of STAGE up. Returns what it was. */
  count(field: number): number {
    const value = raw_read(this.#base + field)
    raw_write(this.#base + field, value + 1)
    return value
  }

  /** The point of the step that is being played was come to. */
  reach(): void {
    raw_write(this.#base + G.reached, this.global(G.reached) | this.#bit(this.global(G.step)))
  }

  /** True if the point of a step was come to. */
  isReached(step: number): boolean {
    return (this.global(G.reached) & this.#bit(step)) !== 0
  }

  #bit(step: number): number {
    return 1 << Math.min(step, REACHED_BITS - 1)
  }

  /** Moment at which a CPU's sleep ends by itself, nanoseconds; Infinity for never. */
  deadline(cpu: number): number {
    return raw_read_f64(this.#at(cpu) + DEADLINE)
  }

  setDeadline(cpu: number, ns: number): void {
    raw_write_f64(this.#at(cpu) + DEADLINE, ns)
  }

  /** The virtual time, nanoseconds. */
  now(): number {
    return raw_read_f64(this.#base - CLOCK_WORDS)
  }

  setNow(ns: number): void {
    raw_write_f64(this.#base - CLOCK_WORDS, ns)
  }

  #at(cpu: number): number {
    return raw_read(this.#base + G.table) + cpu * STRIDE
  }
}
