import { fetch_add, READ_ONCE } from '#access'
import { barrier_wait } from '../../src/machine/barrier.ts'
import type { Addr } from '../../src/base/addr.ts'

interface Arg {
  readonly barrier: Addr<'barrier'>
  readonly counter: number
  readonly meetings: number
  readonly wait: boolean
}

/** Meets the others again and again. Returns how often a CPU was not there yet, and how often this one came last. */
export function meet(_cpu: number, cpus: number, arg: Arg): { early: number; last: number } {
  let early = 0
  let last = 0
  for (let i = 1; i <= arg.meetings; i++) {
    fetch_add(arg.counter, 1)
    if (arg.wait && barrier_wait(arg.barrier)) last++
    if (READ_ONCE(arg.counter) < i * cpus) early++
    if (arg.wait) barrier_wait(arg.barrier)
  }
  return { early, last }
}
