/**
 * The stage of a forced run: the words by which the CPUs hand one baton around. Whoever has it runs; everybody else stands
 * still at a named point, sleeps on a lock, or has ended. So the order of a run is the schedule's, and nothing else's.
 *
 * State    turn: CPU number + 1 of who runs, or CURTAIN when nobody can any more.
 *          per CPU:  READY    can run when it is given the turn
 *                    ASLEEP   in futex_wait on `on`, until woken or, if `deadline` is finite, until the clock gets there
 *                    ENDED    its body has returned, or died
 * Clock    virtual: it moves a little with every reading, and jumps to the next deadline when nobody is READY. A wait of ten
 *          seconds takes no time, and always fires at the same moment.
 * Rules    all words but `turn` belong to whoever has the turn. The kernel's own words are changed by kernel code only.
 * Known limit   kernel code runs one CPU at a time here: what needs two of them inside one instruction sequence is for the
 *          explorer.
 */
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import * as fast from '../../mem/access.fast.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_load, raw_read, raw_read_f64, raw_store, raw_write, raw_write_f64 } from '../../mem/raw.ts'
import type { Step } from '../scenario.ts'

export const stage_globals = struct('scenario_globals', {
  turn: word,
  /** Index of the step that is being played. */
  step: word,
  /** Numbers the sleeps, so that sleepers are woken in the order they fell asleep. */
  sleeps: word,
  /** Sleeps that only the clock has ended. */
  fired: word,
  cpus: word,
  /** One stage_cpu per CPU. */
  table: word,
  /** Words of the scenario. */
  words: word,
  log: word,
  log_words: word,
  log_used: word,
  /** Unforced runs: CPUs that stand at the start. */
  arrived: word,
})
const cpu_words = struct('scenario_cpu', { state: word, on: word, number: word, result: word, relaxes: word })
const G = stage_globals.offset
const C = cpu_words.offset
const ROOT = rootAddr('scenario')

/** Words that a scenario's bodies share. */
const SCENARIO_WORDS = 64
const LOG_WORDS = 1 << 16
/** Words of a CPU: cpu_words, then its deadline as a double. */
const STRIDE = 16
const DEADLINE = 8
/** Before everything: the clock as a double. */
const CLOCK_WORDS = 16

const READY = 0
const ASLEEP = 1
const ENDED = 2
const CURTAIN = 1 << 20
/** Turns of a spin loop after which the CPU that it waits for must run. */
const RELAXES = 200
const NAP_NS = 1000
/** Deadlines that may pass in one run: a loop that waits for more of them waits for ever. */
const MOST_FIRED = 1000
const TICK_NS = 100

/** Ends the body of a CPU that can never run again. Nothing is unlocked: the arena stays as the hang left it. */
export class Curtain extends Error {
  override readonly name: string = 'Curtain'
}

/** Makes the stage's words in a new arena. The calling thread is attached to it. */
export function stage_init(cpus: number): void {
  const base = alloc_boot(CLOCK_WORDS + stage_globals.words) + CLOCK_WORDS
  fast.write(ROOT, base)
  fast.write(base + G.cpus, cpus)
  fast.write(base + G.table, alloc_boot(cpus * STRIDE))
  fast.write(base + G.words, alloc_boot(SCENARIO_WORDS))
  fast.write(base + G.log, alloc_boot(LOG_WORDS))
  fast.write(base + G.log_words, LOG_WORDS)
}

/** Address of the globals. */
export function stage_root(): number {
  return raw_read(ROOT)
}

/** Address of the words that the scenario's bodies share. */
export function scenario_words(): number {
  return raw_read(stage_root() + G.words)
}

/** What a stage tells about a CPU that falls asleep and wakes. */
export interface StageListener {
  asleep(): void
  awake(result: number): void
}

/** One CPU's place on the stage. */
export class Stage {
  readonly cpu: number
  readonly #base = stage_root()
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
    const turn = this.#base + G.turn
    for (;;) {
      const seen = fast.READ_ONCE(turn)
      if (seen === this.cpu + 1) return
      if (seen === CURTAIN) throw new Curtain('nobody can run any more')
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
    this.#next()
    this.#pass()
    this.play()
  }

  /** The body has returned or died. */
  leave(): void {
    this.#happened()
    this.#set(this.cpu, C.state, ENDED)
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
    this.#set(this.cpu, C.state, ASLEEP)
    this.#set(this.cpu, C.on, word)
    this.#set(this.cpu, C.number, this.#count(G.sleeps))
    raw_write_f64(this.#at(this.cpu) + DEADLINE, raw_read_f64(this.#clock()) + timeoutNs)
    if (this.#step()?.cpu === this.cpu) this.#next()
    this.#pass()
    this.play()
    const result = this.#get(this.cpu, C.result)
    if (word !== 0) this.#listener.awake(result)
    return result
  }

  /** futex_wake. Returns the number of CPUs that are awake again. */
  wake(word: number, most: number): number {
    const sleepers = this.#all()
      .filter((cpu) => this.#get(cpu, C.state) === ASLEEP && this.#get(cpu, C.on) === word)
      .sort((a, b) => this.#get(a, C.number) - this.#get(b, C.number))
      .slice(0, most)
    for (const cpu of sleepers) this.#ready(cpu, fast.FUTEX_WOKEN)
    if (sleepers.length > 0) this.#happened()
    return sleepers.length
  }

  /** cpu_relax: a loop that polls for long waits for somebody who stands still. */
  relax(): void {
    const relaxes = this.#get(this.cpu, C.relaxes) + 1
    this.#set(this.cpu, C.relaxes, relaxes % RELAXES)
    if (relaxes === RELAXES) this.#sleep(0, NAP_NS)
  }

  /** ktime_get_ns. */
  now(): number {
    const clock = this.#clock()
    const now = raw_read_f64(clock) + TICK_NS
    raw_write_f64(clock, now)
    return now
  }

  #clock(): number {
    return this.#base - CLOCK_WORDS
  }

  #at(cpu: number): number {
    return raw_read(this.#base + G.table) + cpu * STRIDE
  }

  #get(cpu: number, field: number): number {
    return raw_read(this.#at(cpu) + field)
  }

  #set(cpu: number, field: number, value: number): void {
    raw_write(this.#at(cpu) + field, value)
  }

  #count(field: number): number {
    const value = raw_read(this.#base + field)
    raw_write(this.#base + field, value + 1)
    return value
  }

  #happened(): void {
    this.#set(this.cpu, C.relaxes, 0)
  }

  #all(): number[] {
    return Array.from({ length: raw_read(this.#base + G.cpus) }, (_, cpu) => cpu)
  }

  #ready(cpu: number, result: number): void {
    this.#set(cpu, C.state, READY)
    this.#set(cpu, C.result, result)
  }

  #step(): Step | undefined {
    return this.#schedule[raw_read(this.#base + G.step)]
  }

  #next(): void {
    this.#count(G.step)
  }

  /** Gives the turn to the CPU of the first step whose CPU can run; after the last step, to the first that can. */
  #pass(): void {
    const next = this.#pick()
    raw_store(this.#base + G.turn, next)
    fast.futex_wake(this.#base + G.turn, Infinity)
  }

  #pick(): number {
    for (;;) {
      const step = this.#step()
      if (step !== undefined) {
        if (this.#get(step.cpu, C.state) === READY) return step.cpu + 1
        this.#next()
        continue
      }
      const ready = this.#all().find((cpu) => this.#get(cpu, C.state) === READY)
      if (ready !== undefined) return ready + 1
      if (!this.#fire()) return CURTAIN
    }
  }

  /** Nobody can run: the clock jumps to the next deadline. False if there is none, or if that has led nowhere. */
  #fire(): boolean {
    const deadline = (cpu: number): number => raw_read_f64(this.#at(cpu) + DEADLINE)
    const [first] = this.#all()
      .filter((cpu) => this.#get(cpu, C.state) === ASLEEP && deadline(cpu) < Infinity)
      .sort((a, b) => deadline(a) - deadline(b))
    if (first === undefined || this.#count(G.fired) >= MOST_FIRED) return false
    raw_write_f64(this.#clock(), Math.max(deadline(first), raw_read_f64(this.#clock())))
    this.#ready(first, fast.FUTEX_TIMEDOUT)
    return true
  }
}
