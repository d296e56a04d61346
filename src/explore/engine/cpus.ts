/**
 * The simulated CPUs of an execution: all that there is of them lies in one array, so that it can be saved.
 *
 * State of a CPU   RUNNING        `op`, `addr`, `x`, `y` say what it will do next
 *                  SLEEPING       in futex_wait, without or
 *                  SLEEPING_TIMED with a time-out (op is TIMEOUT, addr the word)
 *                  FINISHED       its body has returned
 */
import { clockWords } from './clocks.ts'
import { MAX_CPUS } from './words.ts'

export const RUNNING = 0
export const SLEEPING = 1
export const SLEEPING_TIMED = 2
export const FINISHED = 3

/** An even number, so that the times behind them are aligned. */
const COLUMNS = 20
const WORDS_OF_TIMES = 4

/** See the head of this file. */
export class Cpus {
  readonly cpus: number
  protected readonly all: Int32Array
  /** Where the vector clocks are kept. */
  protected readonly clockWords: Int32Array
  readonly status: Int32Array
  readonly op: Int32Array
  readonly addr: Int32Array
  readonly x: Int32Array
  readonly y: Int32Array
  /** What the wait queue that a sleeper is in is called: usually its word. */
  readonly queue: Int32Array
  /** Order of arrival in wait queues. */
  readonly arrival: Int32Array
  readonly wokenAt: Int32Array
  /** Time-outs that have fired although others could run, and sleeps that have ended without a reason. */
  readonly early: Int32Array
  readonly spurious: Int32Array
  /** Not 0: the CPU may touch freed objects. */
  readonly unwatched: Int32Array
  // Spin state: see spin.ts.
  readonly spinIteration: Int32Array
  readonly spinWrote: Int32Array
  readonly spinCount: Int32Array
  readonly spinIdle: Int32Array
  readonly spinSlots: readonly Int32Array[]
  /** Events of each CPU that have changed a word. */
  readonly changesOf: Int32Array
  /** When the last quiescent time-out of each CPU fired, counted in such time-outs. */
  protected readonly fired: Int32Array
  /** Words of each CPU's log that are used: see log.ts. */
  protected readonly logged: Int32Array
  /** Virtual time of each CPU and, while it sleeps, of its deadline; nanoseconds. */
  readonly clock: Float64Array
  readonly deadline: Float64Array

  constructor(cpus: number) {
    if (!(cpus >= 1 && cpus <= MAX_CPUS))
      throw new RangeError(`a model has 1 to ${MAX_CPUS} CPUs, not ${cpus}`)
    this.cpus = cpus
    const times = cpus * COLUMNS
    const clocks = times + cpus * WORDS_OF_TIMES
    const all = new Int32Array(clocks + clockWords(cpus))
    this.all = all
    this.clockWords = all.subarray(clocks)
    const column = (i: number): Int32Array => all.subarray(i * cpus, (i + 1) * cpus)
    this.status = column(0)
    this.op = column(1)
    this.addr = column(2)
    this.x = column(3)
    this.y = column(4)
    this.queue = column(5)
    this.arrival = column(6)
    this.wokenAt = column(7)
    this.early = column(8)
    this.spurious = column(9)
    this.unwatched = column(10)
    this.spinIteration = column(11)
    this.spinWrote = column(12)
    this.spinCount = column(13)
    this.spinIdle = column(14)
    this.changesOf = column(15)
    this.fired = column(16)
    this.logged = column(17)
    this.clock = new Float64Array(all.buffer, times * all.BYTES_PER_ELEMENT, cpus)
    this.deadline = new Float64Array(all.buffer, this.clock.byteOffset + this.clock.byteLength, cpus)
    this.spinSlots = Array.from({ length: cpus }, () => new Int32Array(1024))
  }

  /** Every CPU at its start. */
  protected restartCpus(touchFreed: boolean): void {
    this.unwatched.fill(touchFreed ? 1 : 0)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.status[cpu] = RUNNING
      this.clock[cpu] = this.early[cpu] = this.spurious[cpu] = this.fired[cpu] = 0
      this.changesOf[cpu] = 0
      this.spinIteration[cpu] = 1
      this.spinWrote[cpu] = this.spinCount[cpu] = this.spinIdle[cpu] = 0
    }
  }
}
