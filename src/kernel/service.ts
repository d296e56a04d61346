/**
 * CPUs that serve: they call interrupt handlers, expire timers and run work. The emulation has no preemption, so what a
 * kernel does in between on any CPU is done by CPUs that do nothing else.
 *
 * Rules    at least one CPU must serve while a driver waits for an interrupt, a timer or a work. On a single CPU
 *          serve_pending() does what there is to do, on the spot. A handler or work that blocks blocks its CPU: take two
 *          where that matters.
 * Context  serve: a CPU's whole life. serve_pending: may sleep, no lock held.
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { finish_wait, NEVER, prepare_to_wait, wait_token, wait_woken } from '../sync/index.ts'
import { run_timers } from './delayed_work.ts'
import { handle_one_irq, irq_pending } from './irq.ts'
import { process_one_work, system_wq, wake_service, work_available } from './workqueue.ts'
import { worker_pool } from './workqueue_struct.ts'

/** Serves interrupts. */
export const SERVE_IRQS = 1
/** Serves timers and work. */
export const SERVE_WORK = 2

function serve_some(what: number): boolean {
  if ((what & SERVE_IRQS) !== 0 && handle_one_irq()) return true
  return (what & SERVE_WORK) !== 0 && process_one_work()
}

function something_to_do(what: number): boolean {
  return ((what & SERVE_IRQS) !== 0 && irq_pending()) || ((what & SERVE_WORK) !== 0 && work_available())
}

/** Sleeps until there may be something to do. */
function wait_for_something(stop: number, what: number): void {
  const wq = worker_pool.at.more_work(system_wq())
  prepare_to_wait(wq)
  const token = wait_token(wq)
  const next = (what & SERVE_WORK) === 0 ? NEVER : run_timers()
  if (!something_to_do(what) && READ_ONCE(stop) === 0) wait_woken(wq, token, false, next)
  finish_wait(wq)
}

/**
 * Serves until the word at `stop` is not 0 and nothing is left to do.
 * @param what SERVE_IRQS, SERVE_WORK, or both
 * @param progress called after each handler and work
 * @returns number of handlers and works called
 */
export function serve(
  stop: number,
  what: number = SERVE_IRQS | SERVE_WORK,
  progress: () => void = () => {},
): number {
  let served = 0
  for (;;) {
    // order: read before looking for something to do: what was wanted before the stop is still found.
    const stopping = READ_ONCE(stop) !== 0
    if ((what & SERVE_WORK) !== 0) run_timers()
    if (serve_some(what)) {
      served++
      progress()
    } else if (stopping) return served
    else wait_for_something(stop, what)
  }
}

/** Ends serve on all CPUs that look at this word. */
export function serve_stop(stop: number): void {
  WRITE_ONCE(stop, 1)
  wake_service()
}

/**
 * Does what there is to do now, on this CPU.
 * @param now timers that expire up to then are run; NEVER: all of them
 * @returns number of handlers and works called
 */
export function serve_pending(now?: number): number {
  run_timers(now)
  let served = 0
  while (serve_some(SERVE_IRQS | SERVE_WORK)) served++
  return served
}
