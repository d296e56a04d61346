/**
 * Modelled futexes: nothing ever sleeps for real. Wake-ups are FIFO, as ECMAScript has it.
 *
 * Time   each CPU has its own virtual clock. A time-out that fires moves it to the deadline; a wake-up moves the woken
 *        CPU's clock to the waker's if that is later. So clocks are consistent along every chain of cause and effect, and
 *        reading one is no event.
 */
import { FUTEX_MISMATCH, FUTEX_TIMEDOUT, FUTEX_WOKEN } from '#access'
import { BARRIER, QUEUES, READS, RESUME, TIMEOUT, WAIT, WAKE, WAKES } from '../dependence.ts'
import { RUNNING, SLEEPING, SLEEPING_TIMED } from './cpus.ts'
import type { Execution } from './execution.ts'
import { orderedRead } from './perform.ts'

/** enterWait: the CPU now sleeps. */
export const ENTERED = 3
/** futex_wake: everybody. Counts from here on are recorded as -1. */
export const ALL = 0x7fff_ffff

/** futex_wait up to the sleep. Returns FUTEX_MISMATCH, FUTEX_TIMEDOUT (no time given) or ENTERED. */
export function enterWait(
  run: Execution,
  cpu: number,
  addr: number,
  seen: number,
  timeoutNs: number,
): number {
  const value = orderedRead(run, cpu, addr)
  if (value !== seen) {
    run.record(WAIT, addr, seen, 1, value, READS | QUEUES)
    return FUTEX_MISMATCH
  }
  run.record(WAIT, addr, seen, 0, value, READS | QUEUES)
  if (timeoutNs <= 0) return FUTEX_TIMEDOUT
  sleepOn(run, cpu, addr, seen, timeoutNs)
  return ENTERED
}

/** The CPU joins the end of a wait queue: that of its word, unless another is named. */
export function sleepOn(
  run: Execution,
  cpu: number,
  addr: number,
  seen: number,
  timeoutNs: number,
  queue = addr,
): void {
  const timed = timeoutNs < Infinity
  run.arrival[cpu] = ++run.arrivals
  run.deadline[cpu] = timed ? run.clock[cpu]! + timeoutNs : Infinity
  run.status[cpu] = timed ? SLEEPING_TIMED : SLEEPING
  run.op[cpu] = TIMEOUT
  run.addr[cpu] = addr
  run.x[cpu] = seen
  run.queue[cpu] = queue
}

/** The sleeper was chosen: it was woken, or its time-out fires. */
export function leaveWait(run: Execution, cpu: number): number {
  const addr = run.addr[cpu]!
  if (run.status[cpu] === RUNNING) {
    run.record(RESUME, addr, run.wokenAt[cpu]!, 0, 0, 0)
    return FUTEX_WOKEN
  }
  const quiescent = run.quiescent()
  const may = mayEnd(run, cpu, quiescent)
  const deadline = run.deadline[cpu]!
  run.status[cpu] = RUNNING
  run.record(TIMEOUT, addr, may === SPURIOUSLY ? 1 : 0, 0, 0, quiescent ? QUEUES | BARRIER : QUEUES)
  if (may === SPURIOUSLY || (may === EITHER && run.pick(2) === 1)) {
    run.spurious[cpu]!++
    return FUTEX_WOKEN
  }
  run.clock[cpu] = Math.max(run.clock[cpu]!, deadline)
  if (!quiescent) run.early[cpu]!++
  return FUTEX_TIMEDOUT
}

const BY_TIME = 1
const SPURIOUSLY = 2
const EITHER = BY_TIME | SPURIOUSLY

/** How the sleep of a CPU that nobody has woken may end at this moment. */
function mayEnd(run: Execution, cpu: number, quiescent: boolean): number {
  if (quiescent) return BY_TIME
  const timed = run.status[cpu] === SLEEPING_TIMED && run.early[cpu]! < run.rules.earlyTimeouts
  return (timed ? BY_TIME : 0) | (run.mayWakeSpuriously(cpu) ? SPURIOUSLY : 0)
}

/** CPU that has slept longest on the word, or -1. */
function longestSleeper(run: Execution, queue: number): number {
  let best = -1
  for (let cpu = 0; cpu < run.cpus; cpu++) {
    const status = run.status[cpu]!
    if ((status !== SLEEPING && status !== SLEEPING_TIMED) || run.queue[cpu] !== queue) continue
    if (best < 0 || run.arrival[cpu]! < run.arrival[best]!) best = cpu
  }
  return best
}

/** futex_wake. Touches no memory: waking on the address of a freed object is harmless, as in Linux. */
export function wake(run: Execution, cpu: number, addr: number, n: number, queue = addr): number {
  let woken = 0
  let mask = 0
  while (woken < n) {
    const sleeper = longestSleeper(run, queue)
    if (sleeper < 0) break
    run.status[sleeper] = RUNNING
    run.op[sleeper] = RESUME
    run.wokenAt[sleeper] = run.step
    run.clock[sleeper] = Math.max(run.clock[sleeper]!, run.clock[cpu]!)
    if (run.rules.races) run.clocks.wake(cpu, sleeper)
    woken++
    mask |= 1 << sleeper
  }
  if (woken > 0 && run.rules.races) run.clocks.tick(cpu)
  run.record(WAKE, addr, n >= ALL ? -1 : n, mask, woken, WAKES)
  return woken
}
