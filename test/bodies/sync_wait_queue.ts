/** Bodies for the tests of wait queues. Each takes the addresses it works on. */
import { fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import { BLOCKED_WAIT_QUEUE, task_of, task_struct } from '../../src/mem/task.ts'
import * as sync from '../../src/sync/index.ts'
import { await_blocked, await_stage, reach, type SyncArg } from './sync_stage.ts'

/** One word goes back and forth: each CPU waits for its turn. */
export function takeTurns(cpu: number, cpus: number, arg: SyncArg): void {
  const wq = as<'wait_queue_head'>(arg.object)
  for (let i = 0; i < arg.rounds; i++) {
    sync.wait_event(wq, () => READ_ONCE(arg.words) % cpus === cpu)
    // A plain store: wake_up orders it.
    write(arg.words, read(arg.words) + 1)
    sync.wake_up(wq)
  }
}

/** CPU 0 puts tokens in a word one by one; exclusive waiters take them. */
export function takeTokens(cpu: number, cpus: number, arg: SyncArg): number {
  const wq = as<'wait_queue_head'>(arg.object)
  const share = arg.rounds / (cpus - 1)
  if (cpu === 0) {
    for (let i = 0; i < arg.rounds; i++) {
      fetch_add(arg.words, 1)
      sync.wake_up(wq)
    }
    return 0
  }
  for (let i = 0; i < share; i++) {
    sync.wait_event_exclusive(wq, () => {
      const seen = fetch_add(arg.words, -1)
      if (seen > 0) return true
      fetch_add(arg.words, 1)
      return false
    })
  }
  return share
}

/** All but CPU 0 wait for a flag, every second one with a time-out that is too short to matter. */
export function waitForFlag(cpu: number, cpus: number, arg: SyncArg): boolean {
  const wq = as<'wait_queue_head'>(arg.object)
  const flag = (): boolean => READ_ONCE(arg.words) === 1
  if (cpu === 0) {
    for (let other = 1; other < cpus; other++) await_blocked(other)
    WRITE_ONCE(arg.words, 1)
    sync.wake_up_all(wq)
    return true
  }
  if ((cpu & 1) === 0) return sync.wait_event_timeout(wq, flag, 5e9) > 0
  sync.wait_event(wq, flag)
  return true
}

/** CPU 1 waits on a queue with a condition that sleeps on a lock first. Returns whether CPU 0 saw it asleep on the queue. */
export function waitReported(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const wq = as<'wait_queue_head'>(arg.object)
  const lock = as<'mutex'>(arg.words)
  const waiter = task_of(1)
  if (cpu === 0) {
    sync.mutex_lock(lock)
    reach(arg.stage, 1)
    await_blocked(1)
    sync.mutex_unlock(lock)
    await_stage(arg.stage, 2)
    await_blocked(1)
    const asleep = READ_ONCE(waiter + task_struct.offset.blocked_on) === wq
    sync.wake_up_all(wq)
    return asleep && READ_ONCE(waiter + task_struct.offset.blocked_kind) === BLOCKED_WAIT_QUEUE
  }
  await_stage(arg.stage, 1)
  sync.prepare_to_wait(wq)
  const token = sync.wait_token(wq)
  sync.mutex_lock(lock)
  sync.mutex_unlock(lock)
  reach(arg.stage, 2)
  sync.wait_woken(wq, token)
  sync.finish_wait(wq)
  return READ_ONCE(waiter + task_struct.offset.blocked_on) === 0
}
