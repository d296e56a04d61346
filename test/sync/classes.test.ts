import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { smp_processor_id } from '#lockstorm/mem/access.fast'
import { createArena } from '#lockstorm/mem/index'
import {
  Barrier,
  Completion,
  Condition,
  Mutex,
  Once,
  RwSem,
  Semaphore,
  SpinLock,
  Srcu,
} from '#lockstorm/sync/classes/index'
import { bodyModule } from '../setup/bodies.ts'

const { AT } = (await import(
  String(bodyModule('sync_classes'))
)) as typeof import('../bodies/sync_classes.ts')

let memory: SharedArrayBuffer
let view: Int32Array
beforeEach(() => {
  memory = new SharedArrayBuffer(4096)
  view = new Int32Array(memory)
})

function run<T>(body: string, cpus: number, rounds: number = 0): Promise<T[]> {
  const sab = createArena(1 << 16, 8)
  return runBodies<T>({ sab, cpus, module: bodyModule('sync_classes'), body, arg: { memory, rounds } })
}

test('locks over a plain memory exclude each other’s holders, and workers stay attached to their arena', async () => {
  expect(await run('countUnderLocks', 4, 5_000)).toEqual([true, true, true, true])
  expect([...view.subarray(AT.values, AT.values + 3)]).toEqual([20_000, 20_000, 20_000])
})

test('a producer and consumers meet over a mutex and a condition', async () => {
  Barrier.init(memory, AT.barrier, 4)
  const took = await run<number>('consume', 4, 2_000)
  expect(took.reduce((sum, n) => sum + n, 0)).toBe(2_000)
})

test('once runs here or there, and is done for everybody when run returns', async () => {
  const results = await run<[boolean, boolean]>('runOnce', 6)
  expect(results.filter(([here]) => here)).toHaveLength(1)
  expect(results.every(([, done]) => done)).toBe(true)
})

test('a semaphore of two lets two inside', async () => {
  Semaphore.init(memory, AT.semaphore, 2)
  expect(Math.max(...(await run<number>('twoInside', 4, 5_000)))).toBeLessThanOrEqual(2)
  expect(new Semaphore(memory, AT.semaphore).units).toBe(2)
})

test('srcu over a plain memory keeps elements until readers have left', async () => {
  Srcu.init(memory, AT.srcu, 8)
  Barrier.init(memory, AT.barrier, 4)
  expect(await run('srcuClass', 4, 500)).toEqual([0, 0, 0, 0])
})

describe('one thread', () => {
  test('a lock that this thread holds throws instead of waiting for itself', () => {
    const mutex = new Mutex(memory, AT.mutex)
    mutex.lock()
    expect(() => {
      mutex.lock()
    }).toThrow('would wait for itself')
    const spin = new SpinLock(memory, AT.spin)
    spin.lock()
    expect(() => {
      spin.lock()
    }).toThrow('would wait for itself')
  })

  test('an error leaves the thread in its own memory', () => {
    createArena(1 << 16, 4)
    expect(() => {
      new Mutex(memory, AT.mutex).unlock()
    }).toThrow('not held')
    expect(smp_processor_id()).toBe(0)
  })

  test('the guard gives back what hold took, once', () => {
    const mutex = new Mutex(memory, AT.mutex)
    const guard = mutex.hold()
    expect(mutex.locked).toBe(true)
    guard[Symbol.dispose]()
    expect(mutex.locked).toBe(false)
    mutex.lock()
    guard[Symbol.dispose]()
    expect(mutex.isHeldByMe).toBe(true)
  })

  test('run gives the lock back when its function throws', () => {
    const mutex = new Mutex(memory, AT.mutex)
    expect(() => {
      mutex.run(() => {
        throw new Error('inside')
      })
    }).toThrow('inside')
    expect(mutex.tryLock()).toBe(true)
  })

  test('timed waits end', () => {
    const mutex = new Mutex(memory, AT.mutex)
    const semaphore = new Semaphore(memory, AT.semaphore)
    const done = new Completion(memory, AT.completion)
    const condition = new Condition(memory, AT.condition)
    expect(semaphore.acquireFor(1)).toBe(false)
    expect(done.waitFor(1)).toBe(false)
    expect(mutex.lockFor(1)).toBe(true)
    expect(condition.waitFor(mutex, 1)).toBe(false)
    expect(mutex.locked).toBe(true)
  })

  test('a reader-writer semaphore is downgraded', () => {
    const rw = new RwSem(memory, AT.rw)
    rw.lockWrite()
    expect(rw.tryLockRead()).toBe(false)
    rw.downgrade()
    expect(rw.tryLockRead()).toBe(true)
    expect(rw.tryLockWrite()).toBe(false)
    expect(rw.lockWriteFor(1)).toBe(false)
  })

  test('a place that does not fit is refused', () => {
    expect(() => new Mutex(memory, 1022)).toThrow(
      'new Mutex: the address of its 3 words must be an integer from 0 to 1021, not 1022',
    )
    expect(() => new Mutex(memory, -1)).toThrow(RangeError)
    expect(() => new Mutex(new ArrayBuffer(64) as never, 0)).toThrow(TypeError)
    expect(() => new Mutex(new Int32Array(8), 0)).toThrow(TypeError)
    expect(() => Srcu.init(memory, 0, 3)).toThrow('power of two')
    expect(() => Srcu.init(memory, 900, 16)).toThrow('the address of its')
  })

  test('a condition refuses a mutex of another memory', () => {
    const mutex = new Mutex(new SharedArrayBuffer(64), 0)
    expect(() => {
      new Condition(memory, AT.condition).wait(mutex)
    }).toThrow('share one memory')
  })

  test('objects in different memories do not know each other', () => {
    const a = new Mutex(memory, 0)
    const b = new Mutex(new SharedArrayBuffer(64), 0)
    a.lock()
    expect(b.tryLock()).toBe(true)
    a.unlock()
    b.unlock()
  })

  test('a once that throws may be tried again', () => {
    const once = new Once(memory, AT.once)
    expect(() => {
      once.run(() => {
        throw new Error('no luck')
      })
    }).toThrow('no luck')
    expect(once.run(() => {})).toBe(true)
    expect(once.done).toBe(true)
  })
})

describe('without blocking', () => {
  test('lockAsync waits for a worker that holds the lock', async () => {
    const held = new Completion(memory, AT.completion)
    const mutex = new Mutex(memory, AT.mutex)
    const semaphore = Semaphore.init(memory, AT.semaphore, 0)
    const worker = run('holdUntilTold', 1)
    await held.waitAsync()
    expect(mutex.tryLock()).toBe(false)
    const guard = mutex.lockAsync()
    semaphore.release()
    ;(await guard)[Symbol.dispose]()
    await worker
    expect(mutex.locked).toBe(false)
  })

  test('an abort ends the wait with its reason, and the lock goes to others', async () => {
    const mutex = new Mutex(memory, AT.mutex)
    const abort = new AbortController()
    mutex.lock()
    const given = mutex.lockAsync({ signal: abort.signal })
    const other = mutex.lockAsync()
    abort.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    mutex.unlock()
    ;(await other)[Symbol.dispose]()
    expect(mutex.locked).toBe(false)
  })

  test('asynchronous waiters and workers share a mutex without losing anybody', async () => {
    const rounds = 3_000
    const barrier = Barrier.init(memory, AT.barrier, 3)
    const mutex = new Mutex(memory, AT.mutex)
    const workers = run('churn', 2, rounds)
    await barrier.waitAsync()
    for (let i = 0; i < 50; i++) {
      const guard = await mutex.lockAsync()
      view[AT.values] = (view[AT.values] as number) + 1
      guard[Symbol.dispose]()
    }
    await workers
    expect(view[AT.values]).toBe(2 * rounds + 50)
  })

  test('units go to an asynchronous waiter as well as to a thread', async () => {
    const semaphore = Semaphore.init(memory, AT.semaphore, 0)
    const abort = new AbortController()
    const two = semaphore.acquireAsync({ units: 2 })
    const never = semaphore.acquireAsync({ units: 9, signal: abort.signal })
    semaphore.release()
    semaphore.release()
    await two
    abort.abort(new Error('enough'))
    await expect(never).rejects.toThrow('enough')
    semaphore.release(3)
    expect(semaphore.units).toBe(3)
  })
})

test('the example of the README is this file, and prints what it says', () => {
  const path = join(import.meta.dirname, 'example.mjs')
  const example = readFileSync(path, 'utf8')
  const readme = readFileSync(join(import.meta.dirname, '../../src/sync/classes/README.md'), 'utf8')
  expect(readme).toContain(example)
  expect(execFileSync(process.execPath, [path], { encoding: 'utf8' })).toBe('40000\n')
})
