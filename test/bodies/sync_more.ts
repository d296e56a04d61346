/** Bodies for seqlock, ww_mutex, condition and barrier. */
import { data_race, fetch_add, read, READ_ONCE, write } from '#access'
import { as } from '../../src/base/addr.ts'
import { EDEADLK } from '../../src/base/errno.ts'
import * as sync from '../../src/sync/index.ts'
import { BLOCKED_WAIT_QUEUE, task_of, task_struct } from '../../src/mem/task.ts'
import { arrive, await_blocked, await_stage, nap, reach } from './sync_stage.ts'

export interface MoreArg {
  readonly object: number
  readonly words: number
  readonly stage: number
  readonly rounds: number
}

/** CPU 0 writes pairs of equal words, the others read them. Returns how many halves of two versions a reader accepted. */
export function seqlockPairs(cpu: number, _cpus: number, arg: MoreArg): number {
  const s = as<'seqlock'>(arg.object)
  let torn = 0
  for (let i = 0; i < arg.rounds; i++) {
    if (cpu === 0) {
      sync.write_seqlock(s)
      write(arg.words, i)
      if ((i & 31) === 0) nap()
      write(arg.words + 1, i)
      sync.write_sequnlock(s)
      continue
    }
    let start: number
    let [a, b] = [0, 0]
    do {
      start = sync.read_seqbegin(s)
      a = data_race(arg.words)
      b = data_race(arg.words + 1)
    } while (sync.read_seqretry(s, start))
    if (a !== b) torn++
  }
  return torn
}

/** CPU 0 is inside a write section; CPU 1 waits it out asleep. */
export function seqlockSleeper(cpu: number, _cpus: number, arg: MoreArg): number {
  const s = as<'seqlock'>(arg.object)
  if (cpu === 0) {
    sync.write_seqlock(s)
    write(arg.words, 7)
    reach(arg.stage, 1)
    await_blocked(1)
    sync.write_sequnlock(s)
    return 7
  }
  await_stage(arg.stage, 1)
  const start = sync.read_seqbegin(s)
  const seen = data_race(arg.words)
  return sync.read_seqretry(s, start) ? -1 : seen
}

/**
 * Everybody takes two locks of a class, in the order of his CPU, and adds to a word under both. Returns how often he had to back
 * off.
 */
export function wwPairs(cpu: number, cpus: number, arg: MoreArg): number {
  const ww = as<'ww_class'>(arg.words)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  const locks = [0, 1].map((i) => as<'ww_mutex'>(arg.object + 16 * i))
  const [first, second] = (cpu & 1) === 0 ? locks : locks.toReversed()
  let backed = 0
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  for (let i = 0; i < arg.rounds; i++) {
    sync.ww_acquire_init(ctx, ww, 'pair')
    let [have, want] = [first, second] as [typeof first & number, typeof second & number]
    sync.ww_mutex_lock(have, ctx)
    if ((i & 15) === 0) nap()
    while (sync.ww_mutex_lock(want, ctx) === -EDEADLK) {
      backed++
      sync.ww_mutex_unlock(have)
      sync.ww_mutex_lock(want, ctx)
      ;[have, want] = [want, have]
    }
    write(arg.words + 8, read(arg.words + 8) + 1)
    sync.ww_mutex_unlock(first as typeof have)
    sync.ww_mutex_unlock(second as typeof have)
    sync.ww_acquire_fini(ctx)
  }
  return backed
}

/** Each has one lock and wants the other's: one of them must back off, whoever is younger. Returns what it got first. */
export function wwConflict(cpu: number, _cpus: number, arg: MoreArg): number {
  const ww = as<'ww_class'>(arg.words)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  const mine = as<'ww_mutex'>(arg.object + 16 * cpu)
  const other = as<'ww_mutex'>(arg.object + 16 * (1 - cpu))
  // CPU 0 is the older one.
  await_stage(arg.stage, cpu)
  sync.ww_acquire_init(ctx, ww, 'pair')
  sync.ww_mutex_lock(mine, ctx)
  arrive(arg.stage)
  await_stage(arg.stage, 2)
  const error = sync.ww_mutex_lock(other, ctx)
  sync.ww_mutex_unlock(mine)
  if (error === 0) sync.ww_mutex_unlock(other)
  sync.ww_acquire_fini(ctx)
  return error
}

/** All but CPU 0 wait for the flag; it sets the flag and tells all at once. Returns whether the flag was set after the wait. */
export function broadcast(cpu: number, cpus: number, arg: MoreArg): boolean {
  const lock = as<'mutex'>(arg.object)
  const c = as<'condition'>(arg.object + 16)
  if (cpu === 0) {
    for (let other = 1; other < cpus; other++) await_blocked(other)
    sync.mutex_lock(lock)
    write(arg.words, 1)
    sync.condition_broadcast(c)
    sync.mutex_unlock(lock)
    return true
  }
  sync.mutex_lock(lock)
  while (read(arg.words) === 0) sync.condition_wait(c, lock)
  const set = read(arg.words) === 1 && sync.mutex_owner_cpu(lock) === cpu
  sync.mutex_unlock(lock)
  return set
}

/** Round after round; returns how often it was the last, or -1 if somebody was a round ahead or behind. */
export function meet(_cpu: number, cpus: number, arg: MoreArg): number {
  const b = as<'barrier'>(arg.object)
  let last = 0
  for (let i = 1; i <= arg.rounds; i++) {
    fetch_add(arg.words, 1)
    if (sync.barrier_wait(b)) last++
    if (READ_ONCE(arg.words) < i * cpus) return -1
    sync.barrier_wait(b)
  }
  return last
}

const heard = sync.notifiers.define('test_heard', (_nb, _action, data) => {
  if (READ_ONCE(data) === 0) fetch_add(data + 1, 1)
  return sync.NOTIFY_OK
})

/** Makes the block and the chain. */
export function notifierInit(_cpu: number, _cpus: number, arg: MoreArg): void {
  sync.notifier_block_init(as(arg.words + 8), heard)
  sync.srcu_init_notifier_head(as(arg.object), 'test')
}

/** CPU 0 registers, unregisters and then breaks what the block looks at; the others call. Nobody may find it broken. */
export function notifierStorm(cpu: number, cpus: number, arg: MoreArg): number {
  const nh = as<'srcu_notifier_head'>(arg.object)
  const nb = as<'notifier_block'>(arg.words + 8)
  const alive = arg.words
  if (cpu > 0) {
    arrive(arg.stage)
    while (READ_ONCE(arg.stage) < 1000) sync.srcu_notifier_call_chain(nh, 1, alive)
    return read(alive + 1)
  }
  await_stage(arg.stage, cpus - 1)
  for (let i = 0; i < arg.rounds; i++) {
    fetch_add(alive, 1)
    sync.srcu_notifier_chain_register(nh, nb)
    if ((i & 7) === 0) nap()
    sync.srcu_notifier_chain_unregister(nh, nb)
    fetch_add(alive, -1)
  }
  reach(arg.stage, 1000)
  return 0
}

/** CPU 1 waits on a queue with a condition that sleeps on a lock first. Returns whether CPU 0 saw it asleep on the queue. */
export function waitReported(cpu: number, _cpus: number, arg: MoreArg): boolean {
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
