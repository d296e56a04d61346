/** Workers that take turns: what a condition variable is for. */
import type { Section } from './contender.ts'

/** Word that says whose turn it is: plain, for it is read and written under the lock. */
const TURN = 900

/** A mutex and a condition, bound to one worker. */
export interface Monitor {
  lock(): void
  unlock(): void
  wait(): void
  /** Wakes one waiter. */
  signal(): void
}

/** Each of one or two workers enters when it is its turn, and hands the turn to the next when it leaves. */
export function turns(view: Int32Array, cpu: number, workers: number, monitor: Monitor): Section {
  const next = (cpu + 1) % workers
  return {
    enter() {
      monitor.lock()
      while (view[TURN] !== cpu) monitor.wait()
    },
    leave() {
      view[TURN] = next
      monitor.signal()
      monitor.unlock()
    },
  }
}
