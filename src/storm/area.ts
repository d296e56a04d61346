/**
 * What the CPUs of a storm share, and what each writes down for main to read: one description for every workload.
 *
 *   shared   words that CPUs signal each other with, each on a cache line of its own
 *   per CPU  counters, results of operations by errno, histograms, and words of the workload's own
 *
 * Rules   a CPU writes its own part without atomics; main reads and clears between rounds, when CPUs are parked.
 */
import { fetch_add, futex_wake, read, READ_ONCE, smp_processor_id, write, WRITE_ONCE } from '#access'
import { CACHE_LINE_WORDS, INT_MAX } from '../base/constants.ts'
import { errname } from '../base/errno.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { HISTOGRAM_WORDS, Tally } from './histogram.ts'

const ROOT = rootAddr('storm')
const LINE = CACHE_LINE_WORDS
/** Errnos are counted up to this one; what is larger counts as it. */
const MOST_ERRNO = 600
const BY_ERRNO = MOST_ERRNO + 1
/** Before the shared words: how many words a CPU's part has. */
const STRIDE = 0

/** What a workload wants to note. */
export interface AreaSpec {
  /** Shared words. */
  readonly shared: number
  /** Counters of each CPU. */
  readonly counters: number
  /** Operations of which each CPU counts the results by errno (0: success). */
  readonly operations: number
  /** Histograms of each CPU. */
  readonly histograms: number
}

/** How often an operation succeeded, and how often it got which errno. */
export interface Results {
  readonly ok: number
  readonly errnos: Readonly<Record<string, number>>
}

const onLines = (words: number): number => Math.ceil(words / LINE) * LINE

/** The area of the machine that this thread is attached to. One description per workload; state is the arena's. */
export class Area {
  readonly #perCpu: number
  readonly #operations: number
  readonly #histograms: number
  readonly #own: number

  constructor(spec: AreaSpec) {
    this.#perCpu = LINE * (1 + spec.shared)
    this.#operations = onLines(spec.counters)
    this.#histograms = this.#operations + spec.operations * BY_ERRNO
    this.#own = onLines(this.#histograms + spec.histograms * HISTOGRAM_WORDS)
  }

  /** Words that it takes in an arena, with `own` words of the workload's per CPU. */
  words(cpus: number, own = 0): number {
    return this.#perCpu + cpus * onLines(this.#own + own)
  }

  /** Makes it, zeroed. Boot CPU. False when the arena is full. */
  init(own = 0): boolean {
    const base = alloc_boot(this.words(num_possible_cpus(), own))
    if (base === 0) return false
    write(base + STRIDE, onLines(this.#own + own))
    write(ROOT, base)
    return true
  }

  /** Address of a shared word. */
  shared(n: number): number {
    return read(ROOT) + LINE * (1 + n)
  }

  /** Counts a shared word up and wakes whoever sleeps on it. */
  bump(n: number): void {
    fetch_add(this.shared(n), 1)
    futex_wake(this.shared(n), INT_MAX)
  }

  /** Value of a shared word. */
  value(n: number): number {
    return READ_ONCE(this.shared(n))
  }

  /** Sets a shared word. */
  set(n: number, value: number): void {
    WRITE_ONCE(this.shared(n), value)
  }

  #of(cpu: number): number {
    const base = read(ROOT)
    return base + this.#perCpu + cpu * read(base + STRIDE)
  }

  /** The workload's own words of a CPU. */
  own(cpu: number): number {
    return this.#of(cpu) + this.#own
  }

  /** Counts one of this CPU's counters up. */
  count(counter: number): void {
    const at = this.#of(smp_processor_id()) + counter
    write(at, read(at) + 1)
  }

  /** An operation of this CPU has returned `ret`, which is handed on. */
  note(operation: number, ret: number): number {
    const errno = ret < 0 ? Math.min(-ret, MOST_ERRNO) : 0
    const at = this.#of(smp_processor_id()) + this.#operations + operation * BY_ERRNO + errno
    write(at, read(at) + 1)
    return ret
  }

  /** One of this CPU's histograms. */
  histogram(n: number): number {
    return this.#of(smp_processor_id()) + this.#histograms + n * HISTOGRAM_WORDS
  }

  /** Takes a counter of all CPUs. Main. */
  takeCounter(counter: number): number {
    return this.#take((cpu) => this.#of(cpu) + counter)
  }

  /** Takes the results of an operation on all CPUs, by name of errno. Main. */
  takeResults(operation: number): Results {
    const at = this.#operations + operation * BY_ERRNO
    const ok = this.#take((cpu) => this.#of(cpu) + at)
    const errnos: Record<string, number> = {}
    for (let errno = 1; errno <= MOST_ERRNO; errno++) {
      const times = this.#take((cpu) => this.#of(cpu) + at + errno)
      if (times > 0) errnos[errname(errno)] = times
    }
    return { ok, errnos }
  }

  #take(at: (cpu: number) => number): number {
    let sum = 0
    for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
      const count = read(at(cpu))
      if (count === 0) continue
      sum += count
      write(at(cpu), 0)
    }
    return sum
  }

  /** Moves a histogram of all CPUs into a tally. Main. */
  takeHistogram(n: number, into: Tally): void {
    for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
      into.take(this.#of(cpu) + this.#histograms + n * HISTOGRAM_WORDS)
    }
  }
}

/** Adds counts by name. */
export function addCounts(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count
}
