/**
 * The stage of a forced run: the CPUs hand one baton around. Whoever has it runs; everybody else stands still at a named point,
 * sleeps on a lock, or has ended. So the order of a run is the schedule's, and nothing else's.
 *
 * Clock    virtual: it moves a little with every reading, and jumps to the next deadline when nobody is READY. A wait of ten
 *          seconds takes no time, and always fires at the same moment.
 * Rules    the words (stage_words.ts) are of whoever has the turn; the kernel's own are changed by kernel code only.
 * Known limit   kernel code runs one CPU at a time here: what needs two of them inside one instruction sequence is for the
 *          explorer.
 */
import * as fast from '../../mem/access.fast.ts'
import { raw_load, raw_store } from '../../mem/raw.ts'
import type { Step } from '../../define/race.ts'
import { CPU, ASLEEP, NOBODY, ENDED, READY, STAGE, StageWords } from './stage_words.ts'

/** Turns of a spin loop after which the CPU that it waits for must run. */
const RELAXES = 200
const NAP_NS = 1000
/** Deadlines that may pass in one run: a loop that waits for more of them waits for ever. */
const MOST_FIRED = 1000
const TICK_NS = 100

/** Ends the body of a CPU that can never run again. Nothing is unlocked: the arena stays as the hang left it. */
export class NeverRuns extends Error {
  override readonly name: string = 'NeverRuns'
}

/** What a stage tells about a CPU that falls asleep and wakes. */
export interface StageListener {
  asleep(): void
  awake(result: number): void
}

/** One CPU's place on the stage. */
export class Stage {
  readonly cpu: number
  readonly #words = new StageWords()
  readonly #schedule: readonly Step[]
  readonly #listener: StageListener

  constructor(cpu: number, schedule: readonly Step[], listener: StageListener) {
    this.cpu = cpu
    this.#schedule = schedule
    this.#listener = listener
  }

  /** The race begins. Once, before any CPU is told to play. */
  static open(schedule: readonly Step[]): void {
    const stage = new Stage(0, schedule, { asleep() {}, awake() {} })
    stage.#pass()
  }

  /** Waits until it is this CPU's turn. */
  play(): void {
    const { turn } = this.#words
    for (;;) {
      const seen = fast.READ_ONCE(turn)
      if (seen === this.cpu + 1) return
      if (seen === NOBODY) throw new NeverRuns('nobody can run any more')
      fast.futex_wait(turn, seen)
    }
  }

  /** True if the schedule stops this CPU here. */
  stopsAt(point: string): boolean {
    this.#happened()
    const step = this.#step()
    return step !== undefined && step.cpu === this.cpu && step.until === point
  }

  /** Stops here while the others play, until the schedule comes back to this CPU. */
  stop(): void {
    this.#words.reach()
    this.#next()
    this.#pass()
    this.play()
  }

  /** The body has returned or died. */
  leave(): void {
    this.#happened()
    this.#words.set(this.cpu, CPU.state, ENDED)
    if (this.#step()?.cpu === this.cpu) this.#next()
    this.#pass()
  }

  /** futex_wait, with the others playing meanwhile. */
  wait(word: number, seen: number, timeoutNs: number): number {
    if (raw_load(word) !== seen) return fast.FUTEX_MISMATCH
    this.#happened()
    this.#listener.asleep()
    return this.#sleep(word, timeoutNs)
  }

  #sleep(word: number, timeoutNs: number): number {
    const words = this.#words
    words.set(this.cpu, CPU.state, ASLEEP)
    words.set(this.cpu, CPU.on, word)
    words.set(this.cpu, CPU.number, words.count(STAGE.sleeps))
    words.setDeadline(this.cpu, words.now() + timeoutNs)
    if (this.#step()?.cpu === this.cpu) this.#next()
    this.#pass()
    this.play()
    const result = words.get(this.cpu, CPU.result)
    if (word !== 0) this.#listener.awake(result)
    return result
  }

  /** futex_wake. Returns the number of CPUs that are awake again. */
  wake(word: number, most: number): number {
    const words = this.#words
    const sleepers = words
      .cpus()
      .filter((cpu) => this.#is(cpu, ASLEEP) && words.get(cpu, CPU.on) === word)
      .sort((a, b) => words.get(a, CPU.number) - words.get(b, CPU.number))
      .slice(0, most)
    for (const cpu of sleepers) this.#ready(cpu, fast.FUTEX_WOKEN)
    if (sleepers.length > 0) this.#happened()
    return sleepers.length
  }

  /** cpu_relax: a loop that polls for long waits for somebody who stands still. */
  relax(): void {
    const relaxes = this.#words.get(this.cpu, CPU.relaxes) + 1
    this.#words.set(this.cpu, CPU.relaxes, relaxes % RELAXES)
    if (relaxes === RELAXES) this.#sleep(0, NAP_NS)
  }

  /** ktime_get_ns. */
  now(): number {
    const now = this.#words.now() + TICK_NS
    this.#words.setNow(now)
    return now
  }

  #is(cpu: number, state: number): boolean {
    return this.#words.get(cpu, CPU.state) === state
  }

  #happened(): void {
    this.#words.set(this.cpu, CPU.relaxes, 0)
  }

  #ready(cpu: number, result: number): void {
    this.#words.set(cpu, CPU.state, READY)
    this.#words.set(cpu, CPU.result, result)
  }

  #step(): Step | undefined {
    return this.#schedule[this.#words.global(STAGE.step)]
  }

  #next(): void {
    this.#words.count(STAGE.step)
  }

  /** Gives the turn to the CPU of the first step whose CPU can run; after the last step, to the first that can. */
  #pass(): void {
    const { turn } = this.#words
    raw_store(turn, this.#pick())
    fast.futex_wake(turn, Infinity)
  }

  #pick(): number {
    for (;;) {
      const step = this.#step()
      if (step !== undefined) {
        if (this.#is(step.cpu, READY)) return step.cpu + 1
        this.#next()
        continue
      }
      const ready = this.#words.cpus().find((cpu) => this.#is(cpu, READY))
      if (ready !== undefined) return ready + 1
      if (!this.#fire()) return NOBODY
    }
  }

  /** Nobody can run: the clock jumps to the next deadline. False if there is none, or if that has led nowhere. */
  #fire(): boolean {
    const words = this.#words
    const [first] = words
      .cpus()
      .filter((cpu) => this.#is(cpu, ASLEEP) && words.deadline(cpu) < Infinity)
      .sort((a, b) => words.deadline(a) - words.deadline(b))
    if (first === undefined || words.count(STAGE.fired) >= MOST_FIRED) return false
    words.setNow(Math.max(words.deadline(first), words.now()))
    this.#ready(first, fast.FUTEX_TIMEDOUT)
    return true
  }
}
