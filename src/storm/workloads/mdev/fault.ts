/**
 * Faults for testing the watchdog: a CPU that takes a lock which the others need, and then never behaves again. And one for
 * testing the lock validator, which nobody else notices.
 */
import { futex_wait } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import { alloc_boot } from '../../../mem/arena.ts'
import { BLOCKED_CONDITION, set_blocked } from '../../../mem/task.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../../sync/index.ts'
import type { Fault, MdevKernel } from './kernel.ts'

/** What `--test-fault` accepts, for error texts. */
export const FAULT_SYNTAX =
  'throw:CPU@OP, spin:CPU@OP, exit:CPU@OP, oom:CPU@OP, hang:CPU@OP or inversion:CPU@OP'

/** Parses `spin:3@100`; undefined if it is not a fault. */
export function parseFault(text: string): Fault | undefined {
  const match = /^(throw|spin|exit|oom|hang|inversion):(\d+)@(\d+)$/.exec(text)
  if (match === null) return undefined
  return { kind: match[1] as Fault['kind'], cpu: Number(match[2]), op: Number(match[3]) }
}

/** Does it. */
export function misbehave(kind: Fault['kind'], kernel: MdevKernel): void {
  if (kind === 'inversion') {
    invert()
    return
  }
  kernel.grab()
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

/** Takes two locks in one order and then in the other: nobody waits, and only the lock validator minds. */
function invert(): void {
  const [a, b] = ['fault_a', 'fault_b'].map((name) => {
    const lock = as<'mutex'>(alloc_boot(mutex.words))
    mutex_init(lock, name)
    return lock
  }) as [Addr<'mutex'>, Addr<'mutex'>]
  for (const [outer, inner] of [
    [a, b],
    [b, a],
  ] as const) {
    mutex_lock(outer)
    mutex_lock(inner)
    mutex_unlock(inner)
    mutex_unlock(outer)
  }
}
