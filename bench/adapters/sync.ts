/** Our own primitives, on an arena of their own. */
import { attach, ktime_get_ns, write } from '#access'
import { as, type Addr } from '../../src/base/index.ts'
import * as sync from '../../src/sync/index.ts'
import type { Contender, Section } from '../contender.ts'
import { turns } from '../turns.ts'

const LOCK = 128
/** A second object, where a pair has two. */
const OTHER = 160
/** Per-CPU slots of SRCU. */
const SLOTS = 256
export const SRCU_SLOTS = 16

/** Length of the readers that a grace period meets. */
const READ_NS = 1000

function never(): void {}

/** Worker 0 waits for one grace period after the other, the others read. */
function updater(cpu: number, synchronize: (domain: Addr<'srcu_struct'>) => void): Section {
  const domain = as<'srcu_struct'>(LOCK)
  if (cpu === 0) return { enter: () => synchronize(domain), leave: never }
  let idx = 0
  return {
    enter() {
      idx = sync.srcu_read_lock(domain)
      for (const end = ktime_get_ns() + READ_NS; ktime_get_ns() < end;);
    },
    leave() {
      sync.srcu_read_unlock(domain, idx)
    },
  }
}

const sections: Readonly<Record<string, (cpu: number, view: Int32Array, workers: number) => Section>> = {
  spinlock() {
    const lock = as<'spinlock'>(LOCK)
    return { enter: () => sync.spin_lock(lock), leave: () => sync.spin_unlock(lock) }
  },
  mutex() {
    const lock = as<'mutex'>(LOCK)
    return { enter: () => sync.mutex_lock(lock), leave: () => sync.mutex_unlock(lock) }
  },
  read() {
    const sem = as<'rw_semaphore'>(LOCK)
    return { enter: () => sync.down_read(sem), leave: () => sync.up_read(sem) }
  },
  write() {
    const sem = as<'rw_semaphore'>(LOCK)
    return { enter: () => sync.down_write(sem), leave: () => sync.up_write(sem) }
  },
  'one-writer'(cpu) {
    const sem = as<'rw_semaphore'>(LOCK)
    return cpu === 0
      ? { enter: () => sync.down_write(sem), leave: () => sync.up_write(sem) }
      : { enter: () => sync.down_read(sem), leave: () => sync.up_read(sem) }
  },
  ticket() {
    const lock = as<'ticket_lock'>(LOCK)
    return { enter: () => sync.ticket_spin_lock(lock), leave: () => sync.ticket_spin_unlock(lock) }
  },
  semaphore(cpu) {
    const sem = as<'semaphore'>(LOCK)
    if (cpu === 0) sync.sema_init(sem, 1)
    return { enter: () => sync.down(sem), leave: () => sync.up(sem) }
  },
  rwlock() {
    const lock = as<'rwlock'>(LOCK)
    return { enter: () => sync.read_lock(lock), leave: () => sync.read_unlock(lock) }
  },
  seqcount() {
    const count = as<'seqcount'>(LOCK)
    let start = 0
    return {
      enter() {
        start = sync.read_seqcount_begin(count)
      },
      leave() {
        if (sync.read_seqcount_retry(count, start)) throw new Error('a sequence without writers has changed')
      },
    }
  },
  grace() {
    const domain = as<'srcu_struct'>(LOCK)
    return { enter: () => sync.synchronize_srcu(domain), leave: never }
  },
  updater: (cpu) => updater(cpu, sync.synchronize_srcu),
  expedited: (cpu) => updater(cpu, sync.synchronize_srcu_expedited),
  'rwlock-write'() {
    const lock = as<'rwlock'>(LOCK)
    return { enter: () => sync.write_lock(lock), leave: () => sync.write_unlock(lock) }
  },
  ww_mutex() {
    const lock = as<'ww_mutex'>(LOCK)
    const alone = as<'ww_acquire_ctx'>(0)
    return { enter: () => sync.ww_mutex_lock(lock, alone), leave: () => sync.ww_mutex_unlock(lock) }
  },
  'percpu-read'() {
    const sem = as<'percpu_rw_semaphore'>(LOCK)
    write(LOCK + sync.percpu_rw_semaphore.offset.slots, SLOTS)
    return { enter: () => sync.percpu_down_read(sem), leave: () => sync.percpu_up_read(sem) }
  },
  percpu_ref() {
    const ref = as<'percpu_ref'>(LOCK)
    write(LOCK + sync.percpu_ref.offset.slots, SLOTS)
    return { enter: () => sync.percpu_ref_get(ref), leave: () => sync.percpu_ref_put(ref) }
  },
  refcount() {
    const ref = as<'refcount_struct'>(LOCK)
    sync.refcount_set(ref, 1)
    return { enter: () => sync.refcount_inc(ref), leave: () => void sync.refcount_dec_and_test(ref) }
  },
  kref() {
    const ref = as<'kref'>(LOCK)
    sync.kref_init(ref)
    return { enter: () => sync.kref_get(ref), leave: () => void sync.kref_put(ref, never) }
  },
  srcu() {
    const domain = as<'srcu_struct'>(LOCK)
    let idx = 0
    return {
      enter() {
        idx = sync.srcu_read_lock(domain)
      },
      leave() {
        sync.srcu_read_unlock(domain, idx)
      },
    }
  },
  condition(cpu, view, workers) {
    const [lock, condition] = [as<'mutex'>(LOCK), as<'condition'>(OTHER)]
    return turns(view, cpu, workers, {
      lock: () => sync.mutex_lock(lock),
      unlock: () => sync.mutex_unlock(lock),
      wait: () => sync.condition_wait(condition, lock),
      signal: () => sync.condition_signal(condition),
    })
  },
  barrier(cpu, _view, workers) {
    const barrier = as<'barrier'>(LOCK)
    if (cpu === 0) sync.barrier_init(barrier, workers)
    return { enter: () => void sync.barrier_wait(barrier), leave: never }
  },
  once() {
    const once = as<'once'>(LOCK)
    return { enter: () => void sync.call_once(once, never), leave: never }
  },
  completion() {
    const done = as<'completion'>(LOCK)
    return { enter: () => sync.complete(done), leave: () => sync.wait_for_completion(done) }
  },
}

export const contender: Contender = {
  name: 'lockstorm',
  unavailable: () => Promise.resolve(''),
  bind(view, cpu, variant, _shared, workers) {
    attach(view, cpu, 0)
    const make = sections[variant]
    if (make === undefined) throw new Error(`lockstorm has no primitive '${variant}'`)
    if (cpu === 0 && ['srcu', 'grace', 'updater', 'expedited'].includes(variant)) {
      sync.init_srcu_slots(as(LOCK), 'bench', SLOTS, SRCU_SLOTS, SRCU_SLOTS - 1)
    }
    return Promise.resolve(make(cpu, view, workers))
  },
}
