// What counters do at their ends: the words are set close to them, as many calls would have.
import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { read, READ_ONCE, write, WRITE_ONCE } from '#lockstorm/mem/access.fast'
import { alloc_boot, attachArena, createArena } from '#lockstorm/mem/index'
import type { Layout } from '#lockstorm/mem/layout'
import * as sync from '#lockstorm/sync/index'
import { notAtRest } from '#lockstorm/sync/members/index'
import { SRCU_SLOT_WORDS, UNLOCKS } from '#lockstorm/sync/srcu_struct'

let memory: SharedArrayBuffer
beforeEach(() => {
  memory = createArena(1 << 20, 3)
})

const make = <S extends string>(layout: Layout & { readonly name: S }): Addr<S> =>
  as<S>(alloc_boot(layout.words))

/** What that many calls on a CPU leave: one call, and its effect on the words so many times. */
function times(many: number, cpu: number, call: () => void): void {
  attachArena(memory, cpu)
  const words = new Int32Array(memory)
  const before = words.slice()
  call()
  for (const [i, word] of words.entries()) words[i]! += Math.imul(word - before[i]!, many - 1)
  attachArena(memory, 0)
}

const G = 2 ** 30
test.each([
  ['a thousand', [1000, 0, 0], [0, 500, 500]],
  ['2^30 on one CPU, as many on another', [G, 0, 0], [0, G, 0]],
  ['2^30 + 1000, half on each', [G + 1000, 0, 0], [0, G / 2 + 500, G / 2 + 500]],
  ['2^31 − 2 on two CPUs', [G - 1, G - 1, 0], [0, 0, 2 * G - 2]],
])('percpu_ref: %s gets and puts leave none', (_name, gets, puts) => {
  const ref = make(sync.percpu_ref)
  sync.percpu_ref_init(ref, 'ref')
  for (const [cpu, many] of gets.entries()) if (many > 0) times(many, cpu, () => sync.percpu_ref_get(ref))
  for (const [cpu, many] of puts.entries()) if (many > 0) times(many, cpu, () => sync.percpu_ref_put(ref))
  sync.percpu_ref_kill(ref)
  expect(sync.percpu_ref_is_zero(ref)).toBe(true)
})

test('percpu_ref: references beyond 2^31 − 1 of a killed count are never counted down to 0', () => {
  const ref = make(sync.percpu_ref)
  sync.percpu_ref_init(ref, 'ref')
  sync.percpu_ref_get(ref)
  sync.percpu_ref_kill(ref)
  WRITE_ONCE(ref, 0x7fff_ffff)
  sync.percpu_ref_get(ref)
  expect(READ_ONCE(ref)).toBe(sync.REFCOUNT_SATURATED)
  sync.percpu_ref_put(ref)
  expect(sync.percpu_ref_is_zero(ref)).toBe(false)
  expect(notAtRest(sync.percpu_ref, ref)).toContain('count')
})

test('percpu_ref: one put too many saturates', () => {
  const ref = make(sync.percpu_ref)
  sync.percpu_ref_init(ref, 'ref')
  sync.percpu_ref_kill(ref)
  sync.percpu_ref_put(ref)
  expect(READ_ONCE(ref)).toBe(sync.REFCOUNT_SATURATED)
})

test('semaphore: 2^20 units, and not one more', () => {
  const sem = make(sync.semaphore)
  expect(() => sync.sema_init(sem, 2 ** 20 + 1)).toThrow(RangeError)
  sync.sema_init(sem, 2 ** 20)
  expect(() => sync.up(sem)).toThrow(RangeError)
  expect(() => sync.up(sem, 2 ** 21)).toThrow(RangeError)
  expect(sync.sema_units(sem)).toBe(2 ** 20)
  sync.down(sem, 5)
  sync.up(sem, 5)
  expect(sync.sema_units(sem)).toBe(2 ** 20)
})

const SLEEPERS = 1023

test('semaphore: the 1,024th thread that would sleep is refused', () => {
  const sem = make(sync.semaphore)
  sync.sema_init(sem, 0)
  WRITE_ONCE(sem, SLEEPERS)
  expect(() => sync.down_timeout(sem, 1)).toThrow(RangeError)
  expect(READ_ONCE(sem)).toBe(SLEEPERS)
})

test('completion: 2^20 − 1 are remembered, and not one more', () => {
  const x = make(sync.completion)
  sync.init_completion(x)
  times(2 ** 20 - 1, 0, () => sync.complete(x))
  expect(() => sync.complete(x)).toThrow(RangeError)
  expect(sync.completion_count(x)).toBe(2 ** 20 - 1)
  expect(sync.try_wait_for_completion(x)).toBe(true)
  sync.complete(x)
  sync.complete_all(x)
  sync.reinit_completion(x)
  expect(sync.completion_done(x)).toBe(false)
})

test('completion: the 1,024th thread that would sleep is refused', () => {
  const x = make(sync.completion)
  sync.init_completion(x)
  WRITE_ONCE(x, SLEEPERS)
  expect(() => sync.wait_for_completion_timeout(x, 1)).toThrow(RangeError)
  expect(READ_ONCE(x)).toBe(SLEEPERS)
})

test('any number may wait asynchronously, and none passes before its time', async () => {
  const sem = make(sync.semaphore)
  const done = make(sync.completion)
  const lock = make(sync.mutex)
  sync.sema_init(sem, 0)
  sync.init_completion(done)
  sync.mutex_init(lock, 'lock')
  sync.mutex_lock(lock)
  const view = new Int32Array(memory)
  const many = 1500
  let passed = 0
  const all = Array.from({ length: many }, (_, i) => {
    const one =
      i % 3 === 0
        ? sync.down_async(view, sem)
        : i % 3 === 1
          ? sync.wait_for_completion_async(view, done)
          : sync.mutex_lock_async(view, lock).then(() => sync.mutex_unlock(lock))
    return one.then(() => passed++)
  })
  await new Promise(setImmediate)
  expect([passed, sync.sema_units(sem), sync.completion_count(done)]).toEqual([0, 0, 0])
  sync.up(sem, many / 3)
  sync.complete_all(done)
  sync.mutex_unlock(lock)
  await Promise.all(all)
  for (const [layout, at] of [
    [sync.semaphore, sem],
    [sync.completion, done],
    [sync.mutex, lock],
  ] as const) {
    expect(notAtRest(layout, at)).toBe('')
  }
  expect([passed, sync.sema_units(sem)]).toEqual([many, 0])
})

const READERS = 2 ** 17
test.each([
  [
    'rwsem',
    sync.rw_semaphore,
    sync.init_rwsem,
    sync.down_read,
    sync.up_read,
    sync.down_read_trylock,
    sync.down_write_trylock,
  ],
  [
    'rwlock',
    sync.rwlock,
    sync.rwlock_init,
    sync.read_lock,
    sync.read_unlock,
    sync.read_trylock,
    sync.write_trylock,
  ],
] as const)('%s: 2^17 readers, and not one more', (_name, layout, init, lock, unlock, tryRead, tryWrite) => {
  const sem = alloc_boot(layout.words) as never
  init(sem, 'sem')
  WRITE_ONCE(sem, (READERS - 1) * 2 ** 14)
  lock(sem)
  expect(() => lock(sem)).toThrow(RangeError)
  expect(tryRead(sem)).toBe(false)
  expect(tryWrite(sem)).toBe(false)
  unlock(sem)
  expect(tryRead(sem)).toBe(true)
  unlock(sem)
  expect(READ_ONCE(sem) >>> 14).toBe(READERS - 1)
})

test('rwsem: the 512th reader that would wait is refused, and not counted', () => {
  const sem = make(sync.rw_semaphore)
  sync.init_rwsem(sem, 'sem')
  sync.down_write(sem)
  WRITE_ONCE(sem, READ_ONCE(sem) | 0x3fe0)
  const before = READ_ONCE(sem)
  expect(() => sync.down_read_timeout(sem, 1)).toThrow(RangeError)
  expect(READ_ONCE(sem)).toBe(before)
})

test('srcu: counters and grace periods wrap', () => {
  const ssp = make(sync.srcu_struct)
  sync.init_srcu_struct(ssp, 'ssp')
  WRITE_ONCE(ssp + sync.srcu_struct.offset.gp_seq, 0x7fff_fff8)
  for (let cpu = 0; cpu < 3; cpu++) {
    for (const idx of [0, 1]) {
      const slot = read(ssp + sync.srcu_struct.offset.sda) + cpu * SRCU_SLOT_WORDS + idx
      write(slot, -2)
      write(slot + UNLOCKS, -2)
    }
  }
  const idx = sync.srcu_read_lock(ssp)
  const cookie = sync.start_poll_synchronize_srcu(ssp)
  expect(sync.poll_state_synchronize_srcu(ssp, cookie)).toBe(false)
  sync.srcu_read_unlock(ssp, idx)
  for (let i = 0; i < 3; i++) sync.synchronize_srcu(ssp)
  expect(sync.poll_state_synchronize_srcu(ssp, cookie)).toBe(true)
  expect(notAtRest(sync.srcu_struct, ssp)).toBe('')
})

test('ww_acquire: stamps wrap past 0, and the older is still the older', () => {
  const ww = make(sync.ww_class)
  const [a, b] = [make(sync.ww_acquire_ctx), make(sync.ww_acquire_ctx)]
  const [x, y] = [make(sync.ww_mutex), make(sync.ww_mutex)]
  sync.ww_class_init(ww, true)
  for (const lock of [x, y]) sync.ww_mutex_init(lock, 'lock')
  WRITE_ONCE(ww, -2)
  sync.ww_acquire_init(a, ww, 'ww')
  sync.ww_acquire_init(b, ww, 'ww')
  expect([read(a), read(b)]).toEqual([-1, 1])
  expect([sync.ww_mutex_lock(x, a), sync.ww_mutex_lock(y, b)]).toEqual([0, 0])
  // The younger, with a lock in hand, must back off from the older.
  expect(sync.ww_mutex_lock(x, b)).toBeLessThan(0)
})

test('ticket_lock: tickets wrap', () => {
  const lock = make(sync.ticket_lock)
  sync.ticket_lock_init(lock, 'lock')
  for (const word of [lock, lock + sync.ticket_lock.offset.next]) WRITE_ONCE(word, 0x7fff_ffff)
  for (let i = 0; i < 3; i++) {
    sync.ticket_spin_lock(lock)
    expect(sync.ticket_spin_trylock(lock)).toBe(false)
    sync.ticket_spin_unlock(lock)
    expect(sync.ticket_spin_trylock(lock)).toBe(true)
    sync.ticket_spin_unlock(lock)
  }
  expect(notAtRest(sync.ticket_lock, lock)).toBe('')
})

test('sequences wrap: seqcount, barrier, wait queue, condition', () => {
  const seq = make(sync.seqcount)
  WRITE_ONCE(seq, -2)
  const start = sync.read_seqcount_begin(seq)
  sync.write_seqcount_begin(seq)
  sync.write_seqcount_end(seq)
  expect(READ_ONCE(seq)).toBe(0)
  expect(sync.read_seqcount_retry(seq, start)).toBe(true)
  const b = make(sync.barrier)
  sync.barrier_init(b, 1)
  WRITE_ONCE(b, 0x7fff_ffff)
  expect([sync.barrier_wait(b), sync.barrier_wait(b)]).toEqual([true, true])
  const wq = make(sync.wait_queue_head)
  sync.init_waitqueue_head(wq)
  WRITE_ONCE(wq, -1)
  const token = sync.wait_token(wq)
  sync.wake_up(wq)
  expect(sync.wait_woken(wq, token)).toBe(sync.FUTEX_MISMATCH)
  const c = make(sync.condition)
  sync.condition_init(c)
  WRITE_ONCE(c, -1)
  sync.condition_signal(c)
  expect(READ_ONCE(c)).toBe(0)
})

test('mcs_lock: a task holds six, and not one more', () => {
  const locks = Array.from({ length: 7 }, () => make(sync.mcs_lock))
  for (const lock of locks) sync.mcs_lock_init(lock, 'lock')
  for (const lock of locks.slice(0, 6)) sync.mcs_spin_lock(lock)
  expect(() => sync.mcs_spin_lock(locks[6]!)).toThrow(RangeError)
  for (const lock of locks.slice(0, 6)) sync.mcs_spin_unlock(lock)
  expect(locks.map((lock) => notAtRest(sync.mcs_lock, lock)).join('')).toBe('')
})
