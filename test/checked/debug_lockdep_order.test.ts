import { afterEach, beforeEach, expect, test } from 'vitest'
import { debug_locks } from '#lockstorm/debug/index'
import * as sync from '#lockstorm/sync/index'
import * as trace from '#lockstorm/trace/trace.checked'
import { boot, nest, newMutex, only, shape, shutdown, titles, type Locks } from './debug_fixture.ts'

const CIRCULAR = 'possible circular locking dependency detected'
const RECURSIVE = 'possible recursive locking detected'
let locks: Locks

beforeEach(() => {
  locks = boot()
})
afterEach(shutdown)

function take_a_then_b(): void {
  nest(locks.lock_a, locks.lock_b)
}
function take_b_then_a(): void {
  nest(locks.lock_b, locks.lock_a)
}
function read_then_mutex(): void {
  sync.down_read(locks.sem_s)
  nest(locks.lock_a)
  sync.up_read(locks.sem_s)
}
function mutex_then_write(): void {
  sync.mutex_lock(locks.lock_a)
  sync.down_write(locks.sem_s)
  sync.up_write(locks.sem_s)
  sync.mutex_unlock(locks.lock_a)
}
function mutex_then_read(): void {
  sync.mutex_lock(locks.lock_a)
  sync.down_read(locks.sem_s)
  sync.up_read(locks.sem_s)
  sync.mutex_unlock(locks.lock_a)
}

/** The mutex, and in it the semaphore as a recursive reader takes it: of ours only SRCU is one. */
function mutex_then_recursive_read(lock: Locks['lock_b']): void {
  const depMap = locks.sem_s + sync.rw_semaphore.offset.dep_map
  sync.mutex_lock(lock)
  trace.trace_lock_acquire(locks.sem_s, depMap, 0, false, trace.LOCK_READ_RECURSIVE, 0)
  trace.trace_lock_release(locks.sem_s, depMap)
  sync.mutex_unlock(lock)
}

test('two mutexes AB then BA: the report reads as the kernel prints it', () => {
  take_a_then_b()
  take_b_then_a()
  expect(shape(only().text)).toBe(`
======================================================
WARNING: possible circular locking dependency detected
0.1.0-lockstorm #1 Not tainted
------------------------------------------------------
cpu-0/1 is trying to acquire lock:
ADDR (lock_a){+.+.}-{3:3}, at: nest [debug_fixture]

but task is already holding lock:
ADDR (lock_b){+.+.}-{3:3}, at: nest [debug_fixture]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (lock_b){+.+.}-{3:3}:

-> #0 (lock_a){+.+.}-{3:3}:

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(lock_b);
                               lock(lock_a);
                               lock(lock_b);
  lock(lock_a);

 *** DEADLOCK ***

1 lock held by cpu-0/1:
 #0: ADDR (lock_b){+.+.}-{3:3}, at: nest [debug_fixture]

stack backtrace:
CPU: 0 PID: 1 Comm: cpu-0 Not tainted 0.1.0-lockstorm #1
Call Trace:
 <TASK>
 </TASK>`)
})

test('stacks name the functions that took the locks', () => {
  take_a_then_b()
  take_b_then_a()
  const lines = only().text.split('\n')
  const first = lines.indexOf('-> #1 (lock_b){+.+.}-{3:3}:')
  expect(lines.slice(first + 1, first + 5)).toEqual([
    '       mutex_lock_nested',
    '       mutex_lock',
    '       nest [debug_fixture]',
    '       take_a_then_b [debug_lockdep_order]',
  ])
  const second = lines.indexOf('-> #0 (lock_a){+.+.}-{3:3}:')
  expect(lines[second + 4]).toBe('       take_b_then_a [debug_lockdep_order]')
})

test('the report as data names the locks, the chain and the file of each frame', () => {
  take_a_then_b()
  take_b_then_a()
  expect(only()).toMatchObject({
    detector: 'lockdep',
    title: CIRCULAR,
    cpu: 0,
    data: {
      trying: { name: 'lock_a', usage: '+.+.', mode: 'write', address: locks.lock_a },
      holding: { name: 'lock_b', at: { symbol: 'nest', file: 'test/checked/debug_fixture.ts' } },
      chain: [{ name: 'lock_b' }, { name: 'lock_a' }],
      held: [{ name: 'lock_b' }],
    },
  })
})

test('a cycle of three shows the chain, and the two locks of the second CPU', () => {
  nest(locks.lock_a, locks.lock_b)
  nest(locks.lock_b, locks.lock_c)
  nest(locks.lock_c, locks.lock_a)
  const text = shape(only().text)
  expect(text).toContain(`
-> #2 (lock_c){+.+.}-{3:3}:

-> #1 (lock_b){+.+.}-{3:3}:

-> #0 (lock_a){+.+.}-{3:3}:

other info that might help us debug this:

Chain exists of:
  lock_a --> lock_b --> lock_c

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(lock_c);
                               lock(lock_b);
                               lock(lock_c);
  lock(lock_a);

 *** DEADLOCK ***
`)
})

test('a semaphore read and a mutex, then the mutex and the semaphore written: circular', () => {
  read_then_mutex()
  mutex_then_write()
  const text = only().text
  expect(text).toContain('(sem_s){++++}-{3:3}, at: mutex_then_write')
  expect(text).toContain('  lock(sem_s);\n\n *** DEADLOCK ***')
})

test('a semaphore read and a mutex, then the mutex and the semaphore read: circular too, a writer may queue', () => {
  read_then_mutex()
  mutex_then_read()
  const text = only().text
  expect(text).toContain('(sem_s){.+.+}-{3:3}, at: mutex_then_read')
  expect(text).toContain('  rlock(sem_s);\n\n *** DEADLOCK ***')
})

test('in 2019 locks had no wait types, and scenarios said lock for everything', () => {
  locks = boot({ era: '2019' })
  read_then_mutex()
  mutex_then_read()
  const text = only().text
  expect(text).toContain('(sem_s){.+.+}, at: mutex_then_read')
  expect(text).toContain('-> #1 (lock_a){+.+.}:')
  expect(text).toContain('  lock(sem_s);\n\n *** DEADLOCK ***')
})

test('two locks of one class nested: recursive, with a hint at the missing annotation', () => {
  const first = newMutex('&objs[i].m')
  const second = newMutex('&objs[i].m')
  nest(first, second)
  expect(shape(only().text)).toBe(`
============================================
WARNING: possible recursive locking detected
0.1.0-lockstorm #1 Not tainted
--------------------------------------------
cpu-0/1 is trying to acquire lock:
ADDR (&objs[i].m){+.+.}-{3:3}, at: nest [debug_fixture]

but task is already holding lock:
ADDR (&objs[i].m){+.+.}-{3:3}, at: nest [debug_fixture]

other info that might help us debug this:
 Possible unsafe locking scenario:

       CPU0
       ----
  lock(&objs[i].m);
  lock(&objs[i].m);

 *** DEADLOCK ***

 May be due to missing lock nesting notation

1 lock held by cpu-0/1:
 #0: ADDR (&objs[i].m){+.+.}-{3:3}, at: nest [debug_fixture]

stack backtrace:
CPU: 0 PID: 1 Comm: cpu-0 Not tainted 0.1.0-lockstorm #1
Call Trace:
 <TASK>
 </TASK>`)
})

test('one semaphore read twice: recursive', () => {
  sync.down_read(locks.sem_s)
  sync.down_read(locks.sem_s)
  expect(only().title).toBe(RECURSIVE)
  expect(only().text).toContain('(sem_s){.+.+}-{3:3}')
})

test('one semaphore read twice, with another lock between: recursive, not only a wrong order', () => {
  sync.down_read(locks.sem_s)
  sync.mutex_lock(locks.lock_a)
  sync.down_read(locks.sem_s)
  expect(only().title).toBe(RECURSIVE)
})

test('an order that was first seen with a reader learns of the writer that came later', () => {
  read_then_mutex()
  sync.down_write(locks.sem_s)
  nest(locks.lock_a)
  sync.up_write(locks.sem_s)
  mutex_then_recursive_read(locks.lock_b)
  take_a_then_b()
  expect(titles()).toEqual([CIRCULAR])
})

test('a lock that was first reached by a recursive reader is looked at again for a plain one', () => {
  read_then_mutex()
  mutex_then_recursive_read(locks.lock_b)
  nest(locks.lock_b, locks.lock_c)
  sync.mutex_lock(locks.lock_c)
  sync.down_read(locks.sem_s)
  sync.up_read(locks.sem_s)
  sync.mutex_unlock(locks.lock_c)
  take_a_then_b()
  expect(titles()).toEqual([CIRCULAR])
})

test('the first report turns lockdep off, and a second order that is wrong stays unreported', () => {
  take_a_then_b()
  take_b_then_a()
  expect(debug_locks()).toBe(false)
  nest(locks.lock_b, locks.lock_c)
  nest(locks.lock_c, locks.lock_b)
  expect(titles()).toEqual([CIRCULAR])
})

test('a run may allow more reports; each sequence of locks is reported once', () => {
  locks = boot({ maxReports: 3 })
  take_a_then_b()
  take_b_then_a()
  take_b_then_a()
  expect(debug_locks()).toBe(true)
  nest(locks.lock_b, locks.lock_c)
  nest(locks.lock_c, locks.lock_b)
  expect(titles()).toEqual([CIRCULAR, CIRCULAR])
})

// --- never: what must not be reported ---

test('two readers of one semaphore keep a circle open, where one of them is recursive', () => {
  read_then_mutex()
  mutex_then_recursive_read(locks.lock_b)
  take_a_then_b()
  expect(titles()).toEqual([])
})

test('one order kept by all paths is never reported', () => {
  for (let i = 0; i < 50; i++) {
    nest(locks.lock_a, locks.lock_b, locks.lock_c)
    nest(locks.lock_a, locks.lock_c)
    read_then_mutex()
    nest(locks.lock_b, locks.lock_c)
  }
  expect(titles()).toEqual([])
  expect(debug_locks()).toBe(true)
})

test('a lock that was only tried orders nothing before it', () => {
  sync.mutex_lock(locks.lock_a)
  expect(sync.mutex_trylock(locks.lock_b)).toBe(true)
  sync.mutex_unlock(locks.lock_b)
  sync.mutex_unlock(locks.lock_a)
  take_b_then_a()
  expect(titles()).toEqual([])
})

test('a lock that was tried orders what comes after it', () => {
  expect(sync.mutex_trylock(locks.lock_a)).toBe(true)
  nest(locks.lock_b)
  sync.mutex_unlock(locks.lock_a)
  take_b_then_a()
  expect(titles()).toEqual([CIRCULAR])
})

test('a lock below one that was tried is connected too', () => {
  sync.mutex_lock(locks.lock_a)
  expect(sync.mutex_trylock(locks.lock_b)).toBe(true)
  nest(locks.lock_c)
  sync.mutex_unlock(locks.lock_b)
  sync.mutex_unlock(locks.lock_a)
  nest(locks.lock_c, locks.lock_a)
  expect(titles()).toEqual([CIRCULAR])
})

test('subclasses tell levels of one class apart', () => {
  const parent = newMutex('&dev->mutex')
  const child = newMutex('&dev->mutex')
  sync.mutex_lock(parent)
  sync.mutex_lock_nested(child, 1)
  sync.mutex_unlock(child)
  sync.mutex_unlock(parent)
  expect(titles()).toEqual([])
  sync.mutex_lock_nested(child, 1)
  sync.mutex_lock(parent)
  expect(only().text).toContain('lock(&dev->mutex/1);')
})

test('locks given back out of order leave the right ones on the record', () => {
  sync.mutex_lock(locks.lock_a)
  expect(sync.mutex_trylock(locks.lock_b)).toBe(true)
  sync.mutex_unlock(locks.lock_a)
  nest(locks.lock_c)
  sync.mutex_unlock(locks.lock_b)
  nest(locks.lock_c, locks.lock_a)
  expect(titles()).toEqual([])
  nest(locks.lock_c, locks.lock_b)
  expect(titles()).toEqual([CIRCULAR])
})

test('a writer that became a reader orders as a reader from then on', () => {
  sync.down_write(locks.sem_s)
  sync.downgrade_write(locks.sem_s)
  nest(locks.lock_a)
  sync.up_read(locks.sem_s)
  expect(titles()).toEqual([])
  mutex_then_write()
  expect(only().text).toContain('(sem_s){++++}-{3:3}')
})

test('an interrupted or timed-out lock leaves no trace on the record', () => {
  sync.mutex_lock(locks.lock_a)
  sync.clear_signal()
  expect(sync.mutex_lock_timeout(locks.lock_b, 1000)).toBe(0)
  sync.mutex_unlock(locks.lock_b)
  sync.mutex_unlock(locks.lock_a)
  expect(titles()).toEqual([])
})
