import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Addr } from '#lockstorm/base/addr'
import { allHeldLines, debug_locks, Lockdep } from '#lockstorm/debug/index'
import {
  alloc_boot,
  kmem_cache_alloc,
  kmem_cache_create,
  kmem_cache_free,
  struct,
  embed,
  words,
} from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'
import * as trace from '#lockstorm/trace/trace.checked'
import { boot, nest, newMutex, only, shape, shutdown, titles, type Locks } from './debug_fixture.ts'

let locks: Locks

beforeEach(() => {
  locks = boot()
})
afterEach(shutdown)

const object = struct('debug_object', { before: words(4), m: embed(sync.mutex), after: words(8) })

test('a lock that is not held is given back: bad unlock balance', () => {
  expect(() => {
    sync.mutex_unlock(locks.lock_b)
  }).toThrow('must not unlock')
  expect(shape(only().text)).toMatch(`
=====================================
WARNING: bad unlock balance detected!
0.1.0-lockstorm #1 Not tainted
-------------------------------------
cpu-0/1 is trying to release lock (lock_b) at:
[<(____ptrval____)>] <anonymous> [debug_lockdep_use]
but there are no more locks to release!

other info that might help us debug this:
no locks held by cpu-0/1.

stack backtrace:
CPU: 0 PID: 1 Comm: cpu-0 Not tainted 0.1.0-lockstorm #1
Call Trace:
 <TASK>
 </TASK>`)
})

test('memory is freed with a held lock in it: held lock freed', () => {
  const cache = kmem_cache_create(object)
  const o = kmem_cache_alloc(cache, object)
  sync.mutex_init(object.at.m(o), '&o->m')
  sync.mutex_lock(object.at.m(o))
  kmem_cache_free(cache, object, o)
  expect(shape(only().text)).toBe(`
=========================
WARNING: held lock freed!
0.1.0-lockstorm #1 Not tainted
-------------------------
cpu-0/1 is freeing memory ADDR-ADDR, with a lock still held there!
ADDR (&o->m){+.+.}-{3:3}, at: <anonymous> [debug_lockdep_use]
1 lock held by cpu-0/1:
 #0: ADDR (&o->m){+.+.}-{3:3}, at: <anonymous> [debug_lockdep_use]

stack backtrace:
CPU: 0 PID: 1 Comm: cpu-0 Not tainted 0.1.0-lockstorm #1
Call Trace:
 <TASK>
 </TASK>`)
})

test('memory is freed with a lock in it that is not held: nothing to report', () => {
  const cache = kmem_cache_create(object)
  const o = kmem_cache_alloc(cache, object)
  sync.mutex_init(object.at.m(o), '&o->m')
  nest(object.at.m(o))
  kmem_cache_free(cache, object, o)
  expect(titles()).toEqual([])
})

test('a held lock is initialised again: held lock freed', () => {
  sync.mutex_lock(locks.lock_a)
  sync.mutex_init(locks.lock_a, 'lock_a')
  expect(only().title).toBe('held lock freed!')
})

test('a task ends, or leaves the kernel, with locks held', () => {
  sync.mutex_lock(locks.lock_a)
  trace.trace_task_exit()
  expect(only().text).toContain('WARNING: cpu-0/1 still has locks held!')
  locks = boot()
  sync.mutex_lock(locks.lock_a)
  trace.trace_sys_exit()
  expect(only().text).toContain('WARNING: lock held when returning to user space!')
  expect(only().text).toContain('cpu-0/1 is leaving the kernel with locks still held!')
})

test('a task that ends without locks is fine', () => {
  nest(locks.lock_a)
  trace.trace_task_exit()
  trace.trace_sys_exit()
  expect(titles()).toEqual([])
})

test('a sleeping lock under a spinning one: both the sleep and the wait context are reported', () => {
  sync.spin_lock(locks.spin_x)
  sync.mutex_lock(locks.lock_a)
  expect(titles()).toEqual(['sleeping function called from invalid context', 'Invalid wait context'])
})

test('spinning under a sleeping lock is fine, and so is trying a mutex while spinning', () => {
  sync.mutex_lock(locks.lock_a)
  sync.spin_lock(locks.spin_x)
  expect(sync.mutex_trylock(locks.lock_b)).toBe(true)
  sync.mutex_unlock(locks.lock_b)
  sync.spin_unlock(locks.spin_x)
  sync.mutex_unlock(locks.lock_a)
  expect(titles()).toEqual([])
})

test('lockdep_assert_held warns where the lock is not held, or not held that way, and goes on', () => {
  sync.down_read(locks.sem_s)
  trace.lockdep_assert_held(locks.sem_s)
  trace.lockdep_assert_held(locks.sem_s, 1)
  trace.lockdep_assert_not_held(locks.lock_a)
  expect(titles()).toEqual([])
  trace.lockdep_assert_held(locks.sem_s, 0)
  trace.lockdep_assert_held(locks.lock_a)
  trace.lockdep_assert_not_held(locks.sem_s)
  trace.lockdep_assert_none_held()
  expect(titles()).toHaveLength(4)
  expect(debug_locks()).toBe(true)
  sync.up_read(locks.sem_s)
  trace.lockdep_assert_none_held()
  expect(titles()).toHaveLength(4)
})

test('one place warns once', () => {
  for (let i = 0; i < 5; i++) trace.lockdep_assert_held(locks.lock_a)
  expect(titles()).toEqual(['lockdep assertion failed'])
  expect(only().text.split('\n').slice(0, 1)).toEqual(['------------[ cut here ]------------'])
})

test('synchronize_srcu inside a reader of the same domain: suspicious RCU usage, without turning lockdep off', () => {
  const idx = sync.srcu_read_lock(locks.srcu_p)
  nest(locks.lock_a)
  trace.trace_lock_sync(locks.srcu_p, locks.srcu_p + sync.srcu_struct.offset.dep_map)
  sync.srcu_read_unlock(locks.srcu_p, idx)
  expect(shape(only().text)).toMatch(
    /^\n={29}\nWARNING: suspicious RCU usage\n0\.1\.0-lockstorm #1 Not tainted\n-{29}\n.*:\d+ Illegal synchronize_srcu\(\) in same-type SRCU \(or in RCU\) read-side critical section!\n\nother info that might help us debug this:\n\n\nrcu_scheduler_active = 2, debug_locks = 1\n1 lock held by cpu-0\/1:\n #0: ADDR \(srcu_p\)\{\.\+\.\+\}-\{0:0\}/,
  )
  expect(debug_locks()).toBe(true)
})

test('a protected pointer is followed outside a reader: suspicious RCU usage; inside it is fine', () => {
  const idx = sync.srcu_read_lock(locks.srcu_p)
  trace.trace_srcu_dereference(locks.srcu_p)
  sync.srcu_read_unlock(locks.srcu_p, idx)
  expect(titles()).toEqual([])
  trace.trace_srcu_dereference(locks.srcu_p)
  trace.RCU_LOCKDEP_WARN(false, 'not wrong')
  trace.RCU_LOCKDEP_WARN(true, 'list traversed in non-reader section!')
  expect(titles()).toEqual(['suspicious RCU usage', 'suspicious RCU usage'])
})

test('a lock that was never initialised: lockdep asks for annotation and turns itself off', () => {
  const lock = alloc_boot(sync.mutex.words) as Addr<'mutex'>
  sync.mutex_lock(lock)
  expect(only().text).toContain('INFO: trying to register non-static key.')
  expect(only().text).toContain('turning off the locking correctness validator.')
})

test('locks without validation are shown and order nothing', () => {
  const dev = newMutex('&dev->mutex')
  trace.lockdep_set_novalidate_class(sync.mutex.at.dep_map(dev))
  nest(dev, locks.lock_a)
  nest(locks.lock_a, dev)
  sync.mutex_lock(dev)
  trace.might_lock(locks.lock_b, sync.mutex.at.dep_map(locks.lock_b))
  expect(titles()).toEqual([])
  expect(allHeldLines()?.[1]).toContain('(&dev->mutex){....}-{3:3}, at: ')
})

test('might_lock orders without taking', () => {
  sync.mutex_lock(locks.lock_a)
  trace.might_lock(locks.lock_b, sync.mutex.at.dep_map(locks.lock_b))
  sync.mutex_unlock(locks.lock_a)
  nest(locks.lock_b, locks.lock_a)
  expect(only().title).toBe('possible circular locking dependency detected')
})

test('between lockdep_off and lockdep_on nothing is checked', () => {
  nest(locks.lock_a, locks.lock_b)
  trace.lockdep_off()
  nest(locks.lock_b, locks.lock_a)
  trace.lockdep_on()
  expect(titles()).toEqual([])
  nest(locks.lock_b, locks.lock_a)
  expect(titles()).toHaveLength(1)
})

test('locks of one class may nest under the lock that orders them, and not without it', () => {
  const first = newMutex('&obj->lock')
  const second = newMutex('&obj->lock')
  sync.mutex_lock(locks.lock_a)
  sync.mutex_lock_nest_lock(first, locks.lock_a)
  sync.mutex_lock_nest_lock(second, locks.lock_a)
  sync.mutex_unlock(first)
  sync.mutex_unlock(second)
  sync.mutex_unlock(locks.lock_a)
  trace.lockdep_assert_none_held()
  expect(titles()).toEqual([])
  sync.mutex_lock_nest_lock(first, locks.lock_a)
  expect(only().text).toContain('WARNING: Nested lock was not taken')
})

test('SRCU: a reader then a mutex, the mutex then a grace period is circular for the lockdep of today', () => {
  const idx = sync.srcu_read_lock(locks.srcu_p)
  nest(locks.lock_a)
  sync.srcu_read_unlock(locks.srcu_p, idx)
  sync.mutex_lock(locks.lock_a)
  sync.synchronize_srcu(locks.srcu_p)
  const text = only().text
  expect(text).toContain('(srcu_p){.+.+}-{0:0}, at: ')
  expect(text).toContain('  sync(srcu_p);\n\n *** DEADLOCK ***')
})

test('SRCU: the same was silent in 2019, and readers showed no usage', () => {
  locks = boot({ era: '2019' })
  const idx = sync.srcu_read_lock(locks.srcu_p)
  nest(locks.lock_a)
  expect(allHeldLines()?.[1]).toContain('(srcu_p){....}, at: ')
  sync.srcu_read_unlock(locks.srcu_p, idx)
  sync.mutex_lock(locks.lock_a)
  sync.synchronize_srcu(locks.srcu_p)
  sync.mutex_unlock(locks.lock_a)
  expect(titles()).toEqual([])
})

test('SRCU: readers may nest and overlap in any order', () => {
  const first = sync.srcu_read_lock(locks.srcu_p)
  const second = sync.srcu_read_lock(locks.srcu_p)
  sync.srcu_read_unlock(locks.srcu_p, first)
  sync.srcu_read_unlock(locks.srcu_p, second)
  sync.synchronize_srcu(locks.srcu_p)
  expect(titles()).toEqual([])
})

test.for([
  [{ maxClasses: 8 }, 'MAX_LOCKDEP_KEYS too low!'],
  [{ maxEdges: 2 }, 'MAX_LOCKDEP_ENTRIES too low!'],
  [{ maxChains: 8 }, 'MAX_LOCKDEP_CHAINS too low!'],
  [{ maxHlocks: 5 }, 'MAX_LOCKDEP_CHAIN_HLOCKS too low!'],
] as const)('a full table is a report that turns lockdep off: %j', ([options, title]) => {
  locks = boot(options)
  const many = [locks.lock_a, locks.lock_b, locks.lock_c, ...['d', 'e', 'f', 'g'].map(newMutex)]
  nest(...many)
  expect(only().title).toBe(title)
  expect(only().text).toContain('turning off the locking correctness validator.')
  expect(debug_locks()).toBe(false)
})

test('forty-nine locks are too many for one task', () => {
  locks = boot({ maxHlocks: 1 << 16 })
  nest(...Array.from({ length: 49 }, (_, i) => newMutex(`m${i}`)))
  expect(only().title).toBe('MAX_LOCK_DEPTH too low!')
})

test('a thread may ask to be stopped by a report, before it takes the lock', () => {
  const strict = new Lockdep({ onReport: 'throw' })
  expect(() => {
    strict.lockAcquire(1000, sync.mutex.at.dep_map(locks.lock_a), 0, false, 0, 0)
    strict.lockAcquire(2000, sync.mutex.at.dep_map(locks.lock_a), 0, false, 0, 0)
  }).toThrow('lockdep has made its report')
})
