/**
 * The declared cost of a vendor's create and remove: nothing, busy for a time, or asleep for a time; fixed or
 * exponentially distributed. This is a workload parameter, and the only thing in the project that takes time on purpose.
 *
 * State      per operation three words: kind, nanoseconds, distribution. Written by the machine between rounds, or by hand.
 * Sleeping   a timed wait overshoots: timer slack and wake-up, some 20 to 90 µs, by how deep the core sleeps. What most waits of a CPU
 *            overshoot at least is taken off the wait, and what is then missing is spun, so that a sleep hardly lasts longer than was
 *            declared. It is measured at boot and follows what waits do: where a core has other CPUs to run, it wakes sooner, and spinning
 *            for a whole slack would take it from them.
 * Random     each CPU has its own generator state in the arena, seeded by the plan: a run repeats.
 * Context    process; may sleep.
 */
import {
  cpu_relax,
  futex_wait,
  futex_wake,
  ktime_get_ns,
  read,
  READ_ONCE,
  smp_processor_id,
  WRITE_ONCE,
  write,
} from '#access'
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { CACHE_LINE_WORDS, INT_MAX } from '../base/constants.ts'
import { BLOCKED_SLEEP, clear_blocked, set_blocked } from '../mem/task.ts'

export const COST_NONE = 0
export const COST_BUSY = 1
export const COST_SLEEP = 2
/** It sleeps until another cost is set. */
export const COST_HOLD = 3
export const DIST_FIXED = 0
export const DIST_EXPONENTIAL = 1

/** Which operation's cost. */
export const COST_CREATE = 0
export const COST_REMOVE = 1

const ROOT = rootAddr('drivers')
const WORDS = 4
/** Per-CPU lines behind the two cost records: generator state, the word to sleep on, what a timed wait takes too long at least. */
const LINES = CACHE_LINE_WORDS
const SLEEP_WORD = 1
const SLACK = 2
const PROBES = 9
const PROBE_NS = 200_000
/** A wait that ended early takes this part of the difference off the slack; one that was late adds little, as it may have many causes. */
const EARLY = 2
const LATE = 16
const MOST_LATE_NS = 1_000

/** Makes the cost records, all none. Boot CPU. Returns false when the arena is full. */
export function cost_init(seed: number): boolean {
  const base = alloc_boot(LINES * (1 + num_possible_cpus()))
  if (base === 0) return false
  write(ROOT, base)
  seed_cost(seed)
  const slack = measureSlack()
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) write(line(cpu) + SLACK, slack)
  return true
}

/** Restarts every CPU's generator from the seed. While no CPU is running. */
export function seed_cost(seed: number): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    write(line(cpu), (Math.imul(seed + 1, 0x9e37_79b9) ^ Math.imul(cpu + 1, 0x85eb_ca6b)) | 1)
  }
}

/** Sets the cost of an operation, and wakes those that hold it. An operation under way may find half of the old cost. */
export function set_cost(operation: number, kind: number, ns: number, distribution: number): void {
  const at = read(ROOT) + operation * WORDS
  const isHeld = READ_ONCE(at) === COST_HOLD
  write(at + 1, ns)
  write(at + 2, distribution)
  WRITE_ONCE(at, kind)
  if (isHeld) futex_wake(at, INT_MAX)
}

/** Spends the declared cost of the operation. */
export function vendor_cost(operation: number): void {
  const at = read(ROOT) + operation * WORDS
  const kind = read(at)
  if (kind === COST_NONE) return
  if (kind === COST_HOLD) return hold(at)
  const fixed = read(at + 1)
  const ns = read(at + 2) === DIST_EXPONENTIAL ? fixed * exponential() : fixed
  if (kind === COST_BUSY) busy(ns)
  else sleep_for(ns)
}

/** Median overshoot of a timed wait, nanoseconds; at most as long as the wait. */
function measureSlack(): number {
  const overshoots = Array.from({ length: PROBES }, () => {
    const start = ktime_get_ns()
    futex_wait(line(0) + SLEEP_WORD, 0, PROBE_NS)
    return ktime_get_ns() - start - PROBE_NS
  }).toSorted((a, b) => a - b)
  return Math.min(PROBE_NS, Math.max(0, overshoots[PROBES >> 1] as number))
}

function line(cpu: number): number {
  return read(ROOT) + LINES * (1 + cpu)
}

/** Exponential with mean 1, from this CPU's xorshift state. */
function exponential(): number {
  const at = line(smp_processor_id())
  let x = read(at)
  x ^= x << 13
  x ^= x >>> 17
  x ^= x << 5
  write(at, x)
  return -Math.log(((x >>> 0) + 1) / 0x1_0000_0001)
}

/** Sleeps until the cost is another one. */
function hold(at: number): void {
  set_blocked(at, BLOCKED_SLEEP)
  while (READ_ONCE(at) === COST_HOLD) futex_wait(at, COST_HOLD)
  clear_blocked()
}

function busy(ns: number): void {
  const end = ktime_get_ns() + ns
  while (ktime_get_ns() < end) cpu_relax()
}

/** Sleeps as a vendor does: as long as is declared, hardly longer. Process context. */
export function sleep_for(ns: number): void {
  const mine = line(smp_processor_id())
  const end = ktime_get_ns() + ns
  const slack = read(mine + SLACK)
  set_blocked(mine + SLEEP_WORD, BLOCKED_SLEEP)
  futex_wait(mine + SLEEP_WORD, 0, Math.max(ns / 2, ns - slack))
  clear_blocked()
  const late = ktime_get_ns() - end
  const change = late < 0 ? late / EARLY : Math.min(late / LATE, MOST_LATE_NS)
  write(mine + SLACK, Math.max(0, Math.round(slack + change)))
  while (ktime_get_ns() < end) cpu_relax()
}
