/** Multi-CPU bodies of the sync tests that are not contract suites. Each takes the addresses it works on. */
import { fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import { num_possible_cpus } from '../../src/mem/arena.ts'
import {
  complete,
  complete_all,
  wait_for_completion,
  wait_for_completion_timeout,
} from '../../src/sync/completion.ts'
import { kref_get_unless_zero, kref_put } from '../../src/sync/kref.ts'
import {
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../../src/sync/percpu_ref.ts'
import {
  down_read,
  down_read_trylock,
  down_write,
  down_write_timeout,
  downgrade_write,
  up_read,
  up_write,
} from '../../src/sync/rwsem.ts'
import {
  call_srcu,
  poll_state_synchronize_srcu,
  srcu_barrier,
  srcu_callbacks,
  srcu_down_read,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_up_read,
  start_poll_synchronize_srcu,
  synchronize_srcu,
} from '../../src/sync/srcu.ts'
import { SRCU_SLOT_WORDS, srcu_struct, UNLOCKS } from '../../src/sync/srcu_struct.ts'
import {
  wait_event,
  wait_event_exclusive,
  wait_event_timeout,
  wake_up,
  wake_up_all,
} from '../../src/sync/wait_queue.ts'
import { arrive, await_blocked, await_stage, nap, reach } from './sync_stage.ts'

export interface SyncArg {
  readonly object: number
  readonly stage: number
  readonly words: number
  readonly rounds: number
}

/** CPU 0 writes, then reads; CPU 1 queues to read, CPU 2 to write. What CPU 1 and CPU 2 find when CPU 0 downgrades. */
export function downgrade(cpu: number, _cpus: number, arg: SyncArg): number {
  const sem = as<'rw_semaphore'>(arg.object)
  if (cpu === 0) {
    down_write(sem)
    reach(arg.stage, 1)
    await_blocked(1)
    await_blocked(2)
    downgrade_write(sem)
    await_stage(arg.stage, 2)
    const writerInside = READ_ONCE(arg.words)
    up_read(sem)
    return writerInside
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) {
    down_read(sem)
    reach(arg.stage, 2)
    up_read(sem)
  } else {
    down_write(sem)
    WRITE_ONCE(arg.words, 1)
    up_write(sem)
  }
  return 0
}

/** CPU 0 reads. CPU 1 queues to write and gives up. CPU 2, queued behind it, must then get in beside CPU 0. */
export function writerGivesUp(cpu: number, _cpus: number, arg: SyncArg): number {
  const sem = as<'rw_semaphore'>(arg.object)
  if (cpu === 0) {
    down_read(sem)
    reach(arg.stage, 1)
    await_stage(arg.stage, 2)
    up_read(sem)
    return 0
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) return down_write_timeout(sem, 300_000_000)
  await_blocked(1)
  // The writer says that it blocks a moment before it announces itself.
  while (down_read_trylock(sem)) {
    up_read(sem)
    nap()
  }
  down_read(sem)
  reach(arg.stage, 2)
  up_read(sem)
  return 0
}

/** CPU 0 completes `rounds` times, once for each pass of the others. */
export function completeMany(cpu: number, cpus: number, arg: SyncArg): number {
  const done = as<'completion'>(arg.object)
  const share = arg.rounds / (cpus - 1)
  for (let i = 0; i < (cpu === 0 ? arg.rounds : share); i++) {
    if (cpu === 0) complete(done)
    else wait_for_completion(done)
  }
  return cpu === 0 ? 0 : share
}

/** Two quick completions for two sleepers, again and again. */
export function completeTwice(cpu: number, _cpus: number, arg: SyncArg): void {
  const done = as<'completion'>(arg.object)
  for (let i = 1; i <= arg.rounds; i++) {
    if (cpu === 0) {
      await_blocked(1)
      await_blocked(2)
      complete(done)
      complete(done)
      await_stage(arg.stage, 2 * i)
    } else {
      wait_for_completion(done)
      arrive(arg.stage)
      await_stage(arg.stage, 2 * i)
    }
  }
}

/** All but CPU 0 wait; CPU 0 completes for all. */
export function completeAll(cpu: number, cpus: number, arg: SyncArg): number {
  const done = as<'completion'>(arg.object)
  if (cpu === 0) {
    for (let other = 1; other < cpus; other++) await_blocked(other)
    complete_all(done)
    return 0
  }
  wait_for_completion(done)
  return wait_for_completion_timeout(done, 5e9) > 0 ? 1 : 0
}

/** One word goes back and forth: each CPU waits for its turn. */
export function takeTurns(cpu: number, cpus: number, arg: SyncArg): void {
  const wq = as<'wait_queue_head'>(arg.object)
  for (let i = 0; i < arg.rounds; i++) {
    wait_event(wq, () => READ_ONCE(arg.words) % cpus === cpu)
    // A plain store: wake_up orders it.
    write(arg.words, read(arg.words) + 1)
    wake_up(wq)
  }
}

/** CPU 0 puts tokens in a word one by one; exclusive waiters take them. */
export function takeTokens(cpu: number, cpus: number, arg: SyncArg): number {
  const wq = as<'wait_queue_head'>(arg.object)
  const share = arg.rounds / (cpus - 1)
  if (cpu === 0) {
    for (let i = 0; i < arg.rounds; i++) {
      fetch_add(arg.words, 1)
      wake_up(wq)
    }
    return 0
  }
  for (let i = 0; i < share; i++) {
    wait_event_exclusive(wq, () => {
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
    wake_up_all(wq)
    return true
  }
  if ((cpu & 1) === 0) return wait_event_timeout(wq, flag, 5e9) > 0
  wait_event(wq, flag)
  return true
}

/** Everybody gets and puts; the last put, whoever makes it, releases. Returns how often it released. */
export function getAndPut(_cpu: number, cpus: number, arg: SyncArg): number {
  const k = as<'kref'>(arg.object)
  let released = 0
  const release = (): void => {
    released++
  }
  for (let i = 0; i < arg.rounds; i++) {
    if (!kref_get_unless_zero(k)) break
    kref_put(k, release)
  }
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  kref_put(k, release)
  return released
}

/** Uses an object while percpu references can be had; CPU 0 kills the count. Returns uses after the end was announced. */
export function percpuUse(cpu: number, cpus: number, arg: SyncArg): number {
  const ref = as<'percpu_ref'>(arg.object)
  if (cpu === 0) {
    await_stage(arg.stage, cpus - 1)
    for (let i = 0; i < 20; i++) nap()
    percpu_ref_kill(ref)
    percpu_ref_wait(ref)
    WRITE_ONCE(arg.words, 1)
    return 0
  }
  let late = 0
  arrive(arg.stage)
  while (percpu_ref_tryget_live(ref)) {
    for (let i = 0; i < 20; i++) if (READ_ONCE(arg.words) === 1) late++
    percpu_ref_put(ref)
  }
  return late
}

/** A reference taken here is put elsewhere: CPU 1 takes, CPU 2 puts, CPU 0 kills and waits. */
export function percpuHandOver(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ref = as<'percpu_ref'>(arg.object)
  if (cpu === 1) {
    for (let i = 0; i < arg.rounds; i++) percpu_ref_tryget_live(ref)
    reach(arg.stage, 1)
    return true
  }
  await_stage(arg.stage, 1)
  if (cpu === 2) {
    for (let i = 0; i < arg.rounds; i++) percpu_ref_put(ref)
    return true
  }
  percpu_ref_kill(ref)
  percpu_ref_wait(ref)
  return true
}

type Synchronize = (ssp: number) => void

/** One drain only, of the index that nobody uses, and then the flip: readers of the other one are not waited for. */
function singleDrain(ssp: number): void {
  const idx = READ_ONCE(ssp) & 1
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    const at = read(ssp + srcu_struct.offset.sda) + cpu * SRCU_SLOT_WORDS + (idx ^ 1)
    while (READ_ONCE(at + UNLOCKS) !== READ_ONCE(at)) nap()
  }
  WRITE_ONCE(ssp, idx ^ 1)
}

/** CPU 0 publishes new elements and frees the old ones after a grace period; the others must never see a freed one. */
function publishAndFree(cpu: number, cpus: number, arg: SyncArg, synchronize: Synchronize): number {
  const ssp = as<'srcu_struct'>(arg.object)
  const current = arg.words
  const slots = arg.words + 1
  const stop = arg.stage
  if (cpu === 0) {
    await_stage(stop, cpus - 1)
    for (let i = 1; i <= arg.rounds; i++) {
      const old = READ_ONCE(current)
      const next = (old + 1) % 4
      write(slots + next, 1)
      WRITE_ONCE(current, next)
      synchronize(ssp)
      WRITE_ONCE(slots + old, 0)
    }
    reach(stop, 1000)
    return 0
  }
  let freed = 0
  arrive(stop)
  for (let i = 0; READ_ONCE(stop) < 1000; i++) {
    const idx = srcu_read_lock(ssp)
    const element = slots + READ_ONCE(current)
    if ((i & 15) === 0) nap()
    else for (let polls = 0; polls < 10; polls++) read(element)
    if (READ_ONCE(element) === 0) freed++
    srcu_read_unlock(ssp, idx)
  }
  return freed
}

export function srcuReaders(cpu: number, cpus: number, arg: SyncArg): number {
  return publishAndFree(cpu, cpus, arg, (ssp) => synchronize_srcu(as(ssp)))
}

export function srcuPolled(cpu: number, cpus: number, arg: SyncArg): number {
  return publishAndFree(cpu, cpus, arg, (ssp) => {
    const cookie = start_poll_synchronize_srcu(as(ssp))
    while (!poll_state_synchronize_srcu(as(ssp), cookie)) nap()
  })
}

/** CPU 1 is inside a reader from before the grace period of one drain until after it. Returns whether its element was freed. */
export function srcuBusted(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ssp = as<'srcu_struct'>(arg.object)
  const element = arg.words + 1
  if (cpu === 0) {
    await_stage(arg.stage, 1)
    singleDrain(ssp)
    WRITE_ONCE(element, 0)
    reach(arg.stage, 2)
    return false
  }
  const idx = srcu_read_lock(ssp)
  reach(arg.stage, 1)
  await_stage(arg.stage, 2)
  const freed = READ_ONCE(element) === 0
  srcu_read_unlock(ssp, idx)
  return freed
}

/** Many updaters at once, with a reader in the way half of the time. */
export function srcuManyUpdaters(cpu: number, _cpus: number, arg: SyncArg): number {
  const ssp = as<'srcu_struct'>(arg.object)
  for (let i = 0; i < arg.rounds; i++) {
    if ((cpu & 1) === 0) {
      synchronize_srcu(ssp)
    } else {
      const idx = srcu_read_lock(ssp)
      if ((i & 7) === 0) nap()
      srcu_read_unlock(ssp, idx)
    }
  }
  return arg.rounds
}

/** CPU 0 enters, CPU 1 waits for the grace period, CPU 2 leaves in place of CPU 0. */
export function srcuUpElsewhere(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ssp = as<'srcu_struct'>(arg.object)
  if (cpu === 0) {
    WRITE_ONCE(arg.words, srcu_down_read(ssp))
    reach(arg.stage, 1)
    return true
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) {
    synchronize_srcu(ssp)
    return READ_ONCE(arg.words) === -1
  }
  await_blocked(1)
  const cookie = READ_ONCE(arg.words)
  WRITE_ONCE(arg.words, -1)
  srcu_up_read(ssp, cookie)
  return true
}

const count_callback = srcu_callbacks.define('test_count', (head) => {
  write(head + 3, read(head + 3) + 1)
})

/** Everybody queues callbacks of his own, then waits for all of them. Returns how many of his have run by then. */
export function srcuCallbacks(cpu: number, _cpus: number, arg: SyncArg): number {
  const ssp = as<'srcu_struct'>(arg.object)
  const heads = arg.words + cpu * arg.rounds * 4
  for (let i = 0; i < arg.rounds; i++) call_srcu(ssp, as(heads + i * 4), count_callback)
  srcu_barrier(ssp)
  let ran = 0
  for (let i = 0; i < arg.rounds; i++) ran += read(heads + i * 4 + 3)
  return ran
}
