/**
 * A thread of a litmus test on its worker: many rounds on fresh words, all threads let go at once in each.
 *
 * Course   a batch of rounds, each on words of its own; then the threads meet, the first one adds up what was seen, clears the
 *          words, and the next batch begins. Main says when it is enough, between two batches.
 * Meeting  the last one to come counts `round` up; the others poll it, for long where each has a core, since a sleeper is woken
 *          on the core of its waker and the two would take turns from then on. Then they sleep. After that each waits for a few random turns, so that no thread is always ahead.
 */
import {
  cpu_relax,
  data_race,
  fetch_add,
  futex_wait,
  futex_wake,
  read,
  READ_ONCE,
  SPIN_POLLS,
  write,
  WRITE_ONCE,
} from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { Rng } from '../../base/rng.ts'
import { struct, word } from '../../mem/layout.ts'
import { firstFields, VALUE_BITS } from './outcomes.ts'
import { LITMUS, type Litmus, type Step } from './program.ts'
import { threadOf } from './threads.ts'

/** Rounds of a batch. */
export const BATCH = 256
/** About a millisecond. */
const PATIENT_POLLS = 50_000
/** CPU of the first thread; CPU 0 is main. */
export const FIRST_THREAD = 1
/** x and y, a cache line each. */
export const ROUND_WORDS = 2 * CACHE_LINE_WORDS
/** Longest random head start is 2 to this power, less one, in turns of an empty loop. All magnitudes are as frequent. */
const HEAD_START_BITS = 11

export const litmus_control = struct('litmus_control', {
  round: word,
  /** Threads asleep on `round`, or about to be. */
  asleep: word,
  arrived: word,
  /** 1: no further batch. Main's. */
  stop: word,
  /** The same, as the first thread has read it for all. */
  last: word,
  /** Rounds that have been added up. */
  done: word,
})
const AT = litmus_control.offset

/** What every thread is told. Addresses of words. */
export interface LitmusArg {
  readonly name: string
  readonly seed: number
  readonly control: number
  /** BATCH rounds of ROUND_WORDS. */
  readonly rounds: number
  /** BATCH words for each thread: what it read. */
  readonly seen: number
  /** One counter per outcome code. */
  readonly counts: number
  /** Polls before a thread sleeps. */
  readonly polls: number
}

/** Polls before a thread sleeps, so many threads on so many cores. */
export function pollsOf(threads: number, cores: number): number {
  return threads <= cores ? PATIENT_POLLS : SPIN_POLLS
}

function meet({ control, polls: most }: LitmusArg, threads: number): void {
  const round = READ_ONCE(control)
  if (fetch_add(control + AT.arrived, 1) === threads - 1) {
    WRITE_ONCE(control + AT.arrived, 0)
    WRITE_ONCE(control, (round + 1) | 0)
    // order: round before asleep; pairs with the sleepers, who count themselves before they look.
    if (READ_ONCE(control + AT.asleep) !== 0) futex_wake(control, threads)
    return
  }
  for (let polls = 0; READ_ONCE(control) === round; polls++) {
    cpu_relax()
    if (polls < most) continue
    fetch_add(control + AT.asleep, 1)
    futex_wait(control, round)
    fetch_add(control + AT.asleep, -1)
  }
}

function addressOf(round: number, step: Step | undefined): number {
  return round + (step?.word === 'y' ? CACHE_LINE_WORDS : 0)
}

function addUp(test: Litmus, { rounds, seen, counts, control }: LitmusArg): void {
  const first = firstFields(test)
  const reads = test.threads.flat().filter(({ value }) => value === undefined).length
  for (let i = 0; i < BATCH; i++) {
    const round = rounds + i * ROUND_WORDS
    let code = 0
    for (const [t, field] of first.entries()) code |= read(seen + t * BATCH + i) << (VALUE_BITS * field)
    for (const [f, name] of test.final.entries()) {
      code |= read(round + (name === 'y' ? CACHE_LINE_WORDS : 0)) << (VALUE_BITS * (reads + f))
    }
    write(counts + code, data_race(counts + code) + 1)
    write(round, 0)
    write(round + CACHE_LINE_WORDS, 0)
  }
  WRITE_ONCE(control + AT.done, READ_ONCE(control + AT.done) + BATCH)
  WRITE_ONCE(control + AT.last, READ_ONCE(control + AT.stop))
}

function batch(test: Litmus, nr: number, arg: LitmusArg, rng: Rng): void {
  const steps = test.threads[nr] ?? []
  const [a, b] = steps
  const run = threadOf(steps)
  const v = a?.value ?? 0
  const w = b?.value ?? 0
  for (let i = 0; i < BATCH; i++) {
    const round = arg.rounds + i * ROUND_WORDS
    const first = addressOf(round, a)
    const second = addressOf(round, b)
    let wait = rng.below(1 << rng.below(HEAD_START_BITS + 1))
    meet(arg, test.threads.length)
    while (wait > 0) wait--
    write(arg.seen + nr * BATCH + i, run(first, v, second, w))
  }
}

/** Runs one thread until main says stop. */
export function litmus(cpu: number, _cpus: number, arg: LitmusArg): void {
  const test = LITMUS.find(({ name }) => name === arg.name)
  if (test === undefined) throw new Error(`no litmus test ${arg.name}`)
  const nr = cpu - FIRST_THREAD
  const rng = new Rng(arg.seed, nr)
  do {
    batch(test, nr, arg, rng)
    meet(arg, test.threads.length)
    if (nr === 0) addUp(test, arg)
    meet(arg, test.threads.length)
  } while (READ_ONCE(arg.control + AT.last) === 0)
}
