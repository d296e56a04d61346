/**
 * The program of a machine that runs a user's workload; which one is the query of the URL. Its words lie in a buffer of
 * their own: what it does there cannot damage the machine.
 *
 * A CPU that sleeps with Atomics.wait on one of these words is reported as waiting for it: the call is wrapped on the
 * machine's workers, and says so to the watchdog.
 */
import { ktime_get_ns } from '#access'
import { ENOMEM } from '../../../base/errno.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { Rng } from '../../../base/rng.ts'
import { broughtNamed, doneAtReturn, TheirsBroke } from '../../../define/brought.ts'
import type { Performer, Workload } from '../../../define/workload.ts'
import { barrier_wait } from '../../../sync/barrier.ts'
import { beat } from '../../../machine/cpu.ts'
import { round_barrier } from '../../../machine/globals.ts'
import type { Program } from '../../../machine/program.ts'
import { BLOCKED_CONDITION, clear_blocked, set_blocked } from '../../../mem/task.ts'
import { record } from '../../histogram.ts'
import type { Area } from '../../area.ts'
import { ownArea } from './area.ts'
import { OP_CHECK, OP_SLICE, type OwnCheck, type OwnMachine } from './program_ops.ts'

const wait = Atomics.wait.bind(Atomics)

class OwnProgram implements Program {
  readonly operations: readonly string[]
  readonly #workload: Workload
  readonly #performs: readonly Workload['operations'][string][]
  readonly #weights: readonly number[]
  readonly #total: number
  readonly #area: Area
  /** What this worker serves now. */
  #words: Int32Array = new Int32Array(0)
  #contender: unknown
  #seed = 0

  constructor(workload: Workload) {
    const names = Object.keys(workload.operations)
    this.operations = ['idle', ...names]
    this.#workload = workload
    this.#performs = Object.values(workload.operations)
    this.#weights = names.map((one) => workload.weights?.[one] ?? 1)
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0)
    this.#area = ownArea(workload)
  }

  boot(): number {
    return this.#area.init() ? 0 : -ENOMEM
  }

  attach(_cpu: number, arg: unknown): void {
    const { contender, words, seed } = arg as OwnMachine
    this.#words = new Int32Array(words)
    this.#contender = this.#workload.contenders[contender]
    this.#seed = seed
    Atomics.wait = this.#heardWait as typeof Atomics.wait
  }

  command(opcode: number, args: readonly number[], cpu: number): unknown {
    if (opcode === OP_CHECK) return this.#check()
    if (opcode === OP_SLICE) this.#slice(args, cpu)
    else {
      this.#words.fill(0)
      doneAtReturn('setup', this.#workload.setup?.(this.#words, this.#contender))
    }
    return undefined
  }

  describe(address: number): string {
    if (address >= 0) return ''
    const index = -1 - address
    const known = Object.entries(this.#workload.names ?? {}).find(([, at]) => at === index)
    return `word ${index}${known === undefined ? '' : ` (${known[0]})`}`
  }

  /** Atomics.wait that the watchdog hears of. Words of the workload have negative addresses there. */
  readonly #heardWait = (
    view: Int32Array,
    index: number,
    value: number,
    timeout?: number,
  ): ReturnType<typeof wait> => {
    if (view.buffer !== this.#words.buffer) return wait(view, index, value, timeout)
    set_blocked(-1 - index - view.byteOffset / 4, BLOCKED_CONDITION)
    try {
      return wait(view, index, value, timeout)
    } finally {
      clear_blocked()
    }
  }

  #choose(rng: Rng): number {
    let left = (rng.u32() / 2 ** 32) * this.#total
    for (const [i, weight] of this.#weights.entries()) {
      left -= weight
      if (left < 0) return i
    }
    return this.#weights.length - 1
  }

  #slice([number = 0, ms = 0, cpus = 1]: readonly number[], cpu: number): void {
    const rng = new Rng(this.#seed + number, cpu)
    const by = { cpu, cpus, turn: 0, random: (limit: number) => rng.u32() % limit } satisfies Performer
    barrier_wait(round_barrier())
    const end = ktime_get_ns() + ms * NSEC_PER_MSEC
    for (let now = ktime_get_ns(); now < end; by.turn++) {
      const chosen = this.#choose(rng)
      beat(1 + chosen, by.turn)
      const start = ktime_get_ns()
      const answer = this.#performs[chosen]?.(this.#words, by, this.#contender)
      now = ktime_get_ns()
      doneAtReturn(this.operations[1 + chosen] ?? '', answer)
      record(this.#area.histogram(chosen), now - start)
      this.#area.note(chosen, typeof answer === 'number' && answer < 0 ? Math.trunc(answer) : 0)
    }
    beat(0, 0)
  }

  #check(): OwnCheck {
    const broken = this.#workload.check(this.#words, this.#contender)
    if (!Array.isArray(broken)) throw new TheirsBroke('check: expected an array of sentences')
    const counts = Object.entries(this.#workload.counters ?? {}).map(([one, count]) => [
      one,
      count(this.#words),
    ])
    return { broken: broken.map(String), counters: Object.fromEntries(counts) as OwnCheck['counters'] }
  }
}

export function programOf(query: URLSearchParams): Program {
  return new OwnProgram(broughtNamed('workload', query.get('workload') ?? '') as Workload)
}
