/**
 * Faults for testing the watchdog: a CPU that takes a lock which the others need, and then never behaves again.
 */
import { futex_wait } from '#access'
import { alloc_boot } from '../mem/arena.ts'
import { BLOCKED_CONDITION, set_blocked } from '../mem/task.ts'
import type { Fault, Workload } from './workload.ts'

/** What `--test-fault` accepts, for error texts. */
export const FAULT_SYNTAX = 'throw:CPU@OP, spin:CPU@OP, exit:CPU@OP, oom:CPU@OP or hang:CPU@OP'

/** Parses `spin:3@100`; undefined if it is not a fault. */
export function parseFault(text: string): Fault | undefined {
  const match = /^(throw|spin|exit|oom|hang):(\d+)@(\d+)$/.exec(text)
  if (match === null) return undefined
  return { kind: match[1] as Fault['kind'], cpu: Number(match[2]), op: Number(match[3]) }
}

/** Does it. */
export function misbehave(kind: Fault['kind'], workload: Workload): void {
  workload.grab()
  switch (kind) {
    case 'throw':
      throw new Error('a fault that was asked for (--test-fault)')
    case 'spin':
      for (;;);
    case 'exit':
      process.exit(7)
    // oxlint-disable-next-line no-fallthrough: process.exit does not return
    case 'oom':
      for (const heap: unknown[] = []; ;) heap.push(Array.from({ length: 100_000 }, () => ({})))
    case 'hang':
      sleepForEver()
  }
}

function sleepForEver(): void {
  const word = alloc_boot(1)
  set_blocked(word, BLOCKED_CONDITION)
  futex_wait(word, 0)
}
