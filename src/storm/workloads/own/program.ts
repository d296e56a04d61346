/**
 * The program of a machine that runs a user's workload. Which workload is the query of this module's URL. Its words lie in a
 * buffer of their own: what it does there cannot damage the machine.
 *
 * A CPU that sleeps with Atomics.wait on one of these words is reported as waiting for it: the call is wrapped on the
 * machine's workers, and says so to the watchdog.
 */
import { ktime_get_ns } from '#access'
import { ENOMEM } from '../../../base/errno.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { Rng } from '../../../base/rng.ts'
import { broughtNamed, TheirsBroke } from '../../../define/brought.ts'
import type { Performer, Workload } from '../../../define/workload.ts'
import { barrier_wait } from '../../../machine/barrier.ts'
import { beat } from '../../../machine/cpu.ts'
import { round_barrier } from '../../../machine/globals.ts'
import type { Program } from '../../../machine/program.ts'
import { BLOCKED_CONDITION, clear_blocked, set_blocked } from '../../../mem/task.ts'
import { record } from '../../histogram.ts'
import { ownArea } from './area.ts'
import { OP_CHECK, OP_SLICE, type OwnCheck, type OwnMachine } from './program_ops.ts'

const name = new URL(import.meta.url).searchParams.get('workload') ?? ''
const workload = broughtNamed('workload', name) as Workload
const operations = Object.entries(workload.operations)
const weights = operations.map(([one]) => workload.weights?.[one] ?? 1)
const total = weights.reduce((sum, weight) => sum + weight, 0)
const area = ownArea(workload)

/** What this worker serves now. */
const self = { words: new Int32Array(0), contender: undefined as unknown, seed: 0 }

const wait = Atomics.wait.bind(Atomics)

/** Atomics.wait that the watchdog hears of. Words of the workload have negative addresses there. */
function heardWait(
  view: Int32Array,
  index: number,
  value: number,
  timeout?: number,
): ReturnType<typeof wait> {
  if (view.buffer !== self.words.buffer) return wait(view, index, value, timeout)
  set_blocked(-1 - index - view.byteOffset / 4, BLOCKED_CONDITION)
  try {
    return wait(view, index, value, timeout)
  } finally {
    clear_blocked()
  }
}

function choose(rng: Rng): number {
  let left = (rng.u32() / 2 ** 32) * total
  for (const [i, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return i
  }
  return weights.length - 1
}

function runSlice([number = 0, ms = 0, cpus = 1]: readonly number[], cpu: number): void {
  const rng = new Rng(self.seed + number, cpu)
  const by = { cpu, cpus, turn: 0, random: (limit: number) => rng.u32() % limit } satisfies Performer
  barrier_wait(round_barrier())
  const end = ktime_get_ns() + ms * NSEC_PER_MSEC
  for (let now = ktime_get_ns(); now < end; by.turn++) {
    const chosen = choose(rng)
    beat(1 + chosen, by.turn)
    const start = ktime_get_ns()
    const answer = operations[chosen]?.[1](self.words, by, self.contender)
    now = ktime_get_ns()
    record(area.histogram(chosen), now - start)
    area.note(chosen, typeof answer === 'number' && answer < 0 ? Math.trunc(answer) : 0)
  }
  beat(0, 0)
}

function check(): OwnCheck {
  const broken = workload.check(self.words, self.contender)
  if (!Array.isArray(broken)) throw new TheirsBroke('check: expected an array of sentences')
  const counters = Object.entries(workload.counters ?? {}).map(([one, count]) => [one, count(self.words)])
  return { broken: broken.map(String), counters: Object.fromEntries(counters) as OwnCheck['counters'] }
}

export const program: Program = {
  operations: ['idle', ...operations.map(([one]) => one)],
  boot: () => (area.init() ? 0 : -ENOMEM),
  attach(_cpu, arg) {
    const { contender, words, seed } = arg as OwnMachine
    Object.assign(self, { words: new Int32Array(words), contender: workload.contenders[contender], seed })
    Atomics.wait = heardWait as typeof Atomics.wait
  },
  command(opcode, args, cpu) {
    if (opcode === OP_CHECK) return check()
    if (opcode === OP_SLICE) runSlice(args, cpu)
    else {
      self.words.fill(0)
      workload.setup?.(self.words, self.contender)
    }
    return undefined
  },
  describe(address) {
    if (address >= 0) return ''
    const index = -1 - address
    const known = Object.entries(workload.names ?? {}).find(([, at]) => at === index)
    return `word ${index}${known === undefined ? '' : ` (${known[0]})`}`
  },
}
