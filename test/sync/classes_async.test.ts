/** Signals, time-outs and waits that do not block: every class has them, and what was not got is not held. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
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
  TimeoutError,
  type WaitOptions,
} from '#lockstorm/sync/classes/index'

let memory: SharedArrayBuffer
beforeEach(() => {
  memory = new SharedArrayBuffer(8192)
})

interface Way {
  /** An object that is not to be had; what makes it available; a wait; whether the wait has left it as it was. */
  make(m: SharedArrayBuffer): {
    free: () => void
    wait: (options?: WaitOptions) => Promise<unknown>
    untouched: () => boolean
  }
}

const WAYS: Record<string, Way> = {
  'Mutex.lockAsync': {
    make: (m) => {
      const it = new Mutex(m, 0)
      it.lock()
      return { free: () => it.unlock(), wait: (o) => it.lockAsync(o), untouched: () => !it.locked }
    },
  },
  'SpinLock.lockAsync': {
    make: (m) => {
      const it = new SpinLock(m, 0)
      it.lock()
      return { free: () => it.unlock(), wait: (o) => it.lockAsync(o), untouched: () => !it.locked }
    },
  },
  'RwSem.lockReadAsync': {
    make: (m) => {
      const it = new RwSem(m, 0)
      it.lockWrite()
      return {
        free: () => it.unlockWrite(),
        wait: (o) => it.lockReadAsync(o),
        untouched: () => !it.isReadHeldByMe,
      }
    },
  },
  'RwSem.lockWriteAsync': {
    make: (m) => {
      const it = new RwSem(m, 0)
      it.lockRead()
      return {
        free: () => it.unlockRead(),
        wait: (o) => it.lockWriteAsync(o),
        untouched: () => !it.isWriteHeldByMe,
      }
    },
  },
  'RwSem.lockUpgradeableAsync': {
    make: (m) => {
      const it = new RwSem(m, 0)
      it.lockWrite()
      const untouched = (): boolean => !it.isUpgradeableByMe && !it.isReadHeldByMe
      return { free: () => it.unlockWrite(), wait: (o) => it.lockUpgradeableAsync(o), untouched }
    },
  },
  'Semaphore.acquireAsync': {
    make: (m) => {
      const it = Semaphore.init(m, 0, 0)
      return { free: () => it.release(), wait: (o) => it.acquireAsync(o), untouched: () => it.units === 1 }
    },
  },
  'Completion.waitAsync': {
    make: (m) => {
      const it = new Completion(m, 0)
      return { free: () => it.complete(), wait: (o) => it.waitAsync(o), untouched: () => it.tryWait() }
    },
  },
  'Once.runAsync': {
    make: (m) => {
      const it = new Once(m, 0)
      let free = (): void => {}
      const done = new Promise<void>((resolve) => {
        free = resolve
      })
      void it.runAsync(() => done)
      return { free, wait: (o) => it.runAsync(() => {}, o), untouched: () => true }
    },
  },
  'Srcu.synchronizeAsync': {
    make: (m) => {
      const it = Srcu.init(m, 0, 2)
      const idx = it.lock()
      return { free: () => it.unlock(idx), wait: (o) => it.synchronizeAsync(o), untouched: () => true }
    },
  },
  'Barrier.waitAsync': {
    make: (m) => {
      const it = Barrier.init(m, 0, 2)
      const free = (): void => void it.waitAsync().catch(() => {})
      return { free, wait: (o) => it.waitAsync(o), untouched: () => Atomics.load(new Int32Array(m), 1) === 1 }
    },
  },
  'Condition.waitAsync': {
    make: (m) => {
      const lock = new Mutex(m, 0)
      const it = new Condition(m, 16)
      lock.lock()
      const free = (): void => it.signal()
      return { free, wait: (o) => it.waitAsync(lock, o), untouched: () => lock.isHeldByMe }
    },
  },
}

describe.each(Object.keys(WAYS))('%s', (name) => {
  const make = (): ReturnType<Way['make']> => (WAYS[name] as Way).make(memory)

  test('settles when it is there', async () => {
    const { free, wait } = make()
    const got = wait()
    free()
    expect(await got.then(() => 'settled')).toBe('settled')
  })

  test('settles when it is there, with options', async () => {
    const { free, wait } = make()
    const got = wait({ timeoutMs: 60_000, signal: new AbortController().signal })
    await new Promise((resolve) => setTimeout(resolve, 5))
    free()
    expect(await got.then(() => 'settled')).toBe('settled')
  })

  test('a signal that is aborted rejects with its reason, and nothing is taken', async () => {
    const { free, wait, untouched } = make()
    const reason = new Error('no longer wanted')
    const abort = new AbortController()
    const late = wait({ signal: abort.signal })
    abort.abort(reason)
    await expect(late).rejects.toBe(reason)
    free()
    await expect(wait({ signal: abort.signal })).rejects.toBe(reason)
    expect(untouched()).toBe(true)
  })

  test('a signal that is aborted in the same turn as it becomes free', async () => {
    const { free, wait, untouched } = make()
    const abort = new AbortController()
    const both = wait({ signal: abort.signal }).then(
      () => 'got',
      () => 'rejected',
    )
    await new Promise((resolve) => setTimeout(resolve, 2))
    free()
    abort.abort(new Error('at once'))
    // A barrier has let the others go by then: it cannot be undone.
    expect((await both) === 'got' ? name === 'Barrier.waitAsync' : untouched()).toBe(true)
  })

  test('a time-out rejects with a TimeoutError that names the method', async () => {
    const { wait } = make()
    const error: unknown = await wait({ timeoutMs: 5 }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as TimeoutError).message).toBe(`${name}: 5 ms have passed`)
  })

  test.each([NaN, -1, '5'])('a time-out of %s is refused', async (timeoutMs) => {
    const { wait } = make()
    await expect(wait({ timeoutMs: timeoutMs as number })).rejects.toThrow('timeoutMs must be a number')
  })

  test('a signal that is none is refused', async () => {
    await expect(make().wait({ signal: {} as never })).rejects.toThrow('signal must be an AbortSignal')
  })
})

test('runAsync holds until the function has ended', async () => {
  const lock = new Mutex(memory, 0)
  let inside = 0
  const body = async (): Promise<number> => {
    expect(++inside).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 1))
    return --inside
  }
  expect(await Promise.all([1, 2, 3].map(() => lock.runAsync(body)))).toEqual([0, 0, 0])
  await expect(lock.runAsync(() => Promise.reject(new Error('inside')))).rejects.toThrow('inside')
  expect(lock.locked).toBe(false)
})

test('an asynchronous waiter for a spinlock takes no wake-up away from those that sleep', async () => {
  const lock = new SpinLock(memory, 0)
  lock.lock()
  const busy = lock.lockAsync()
  // As a thread that came later and sleeps.
  const sleeper = Atomics.waitAsync(lock.view, 0, lock.view[0] as number)
  const late = busy.then((guard) => {
    guard.release()
    return 'late'
  })
  lock.unlock()
  expect(await Promise.race([sleeper.value, late])).toBe('ok')
  await late
})

test('a guard stays good over a wait for a condition', async () => {
  const lock = new Mutex(memory, 0)
  const changed = new Condition(memory, 16)
  let ready = false
  const guard = await lock.lockAsync()
  const waited = changed.waitUntilAsync(lock, () => ready, { timeoutMs: 60_000 })
  await lock.runAsync(() => {
    ready = true
    changed.broadcast()
  })
  await waited
  expect(lock.isHeldByMe).toBe(true)
  guard.release()
  expect(lock.locked).toBe(false)
})

test('a number that is made once', async () => {
  const once = new Once(memory, 0)
  const numbers = [once.getAsync(async () => 0.1 + 0.2), once.getAsync(() => 7)]
  expect(await Promise.all(numbers)).toEqual([0.1 + 0.2, 0.1 + 0.2])
  expect(once.get(() => 9)).toBe(0.1 + 0.2)
})

test('an upgradeable reader becomes the writer when the others have left', async () => {
  const sem = new RwSem(memory, 0)
  const guard = sem.holdUpgradeable()
  sem.upgrade()
  expect([sem.isWriteHeldByMe, sem.isReadHeldByMe, sem.isUpgradeableByMe]).toEqual([true, false, false])
  guard.release()
  expect(sem.isWriteHeldByMe).toBe(false)
  sem.lockUpgradeable()
  expect(sem.upgradeFor(5)).toBe(true)
  sem.unlockWrite()
  sem.lockUpgradeable()
  await sem.upgradeAsync({ timeoutMs: 1_000 })
  sem.unlockWrite()
  expect(sem.tryLockWrite()).toBe(true)
})

test('a signal or a time-out as the only thing that lives keeps the process alive', () => {
  const url = fileURLToPath(new URL('../../dist/src/sync/classes/index.js', import.meta.url))
  const program = `import { Semaphore } from ${JSON.stringify(url)}
    const it = Semaphore.init(new SharedArrayBuffer(64), 0, 0)
    const told = await it.acquireAsync({ signal: AbortSignal.timeout(20) }).catch((e) => e.name)
    const late = await it.acquireAsync({ timeoutMs: 20 }).catch((e) => e.code)
    console.log(told, late)`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(out).toBe('TimeoutError ETIMEDOUT\n')
})
