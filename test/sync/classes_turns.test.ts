/** Asynchronous waiters of one thread: priority, order, weight, cancel. */
import { expect, test, vi } from 'vitest'
import { CancelledError, Condition, Mutex, RwSem, Semaphore, SpinLock } from '#lockstorm/sync/classes/index'

const memory = (): SharedArrayBuffer => new SharedArrayBuffer(256)
const settle = async (): Promise<void> => new Promise((done) => setTimeout(done, 10))

test.each([Mutex, SpinLock])(
  '%o: the highest priority is first, equals come in their order',
  async (Lock) => {
    const lock = new Lock(memory(), 0)
    const held = await lock.lockAsync()
    const order: string[] = []
    const wait = async (name: string, priority?: number): Promise<void> => {
      await lock.runAsync(
        () => {
          order.push(name)
        },
        priority === undefined ? {} : { priority },
      )
    }
    const all = [wait('a'), wait('b', -1), wait('c'), wait('d', 2), wait('e', 2)]
    await settle()
    all.push(wait('f', 3))
    await settle()
    held.release()
    await Promise.all(all)
    expect(order.join('')).toBe('fdeacb')
    expect(lock.locked).toBe(false)
  },
)

test('cancel ends the waits of this thread, not what is held, and what comes later waits as before', async () => {
  const lock = new Mutex(memory(), 0)
  const held = await lock.lockAsync()
  const waits = [lock.lockAsync(), lock.runAsync(() => 1, { timeoutMs: 10_000 })]
  await settle()
  lock.cancel()
  for (const wait of waits) await expect(wait).rejects.toThrow(CancelledError)
  expect(lock.isHeldByMe).toBe(true)
  const later = lock.lockAsync()
  held.release()
  const guard = await later
  guard.release()
  expect(lock.locked).toBe(false)
  lock.cancel()
})

test('many units are not overtaken by few; a wait that ends lets the next one try', async () => {
  const sem = Semaphore.init(memory(), 0, 1)
  const many = sem.acquireAsync({ units: 3, timeoutMs: 40 })
  const few = sem.acquireAsync()
  await settle()
  expect(sem.units).toBe(1)
  await expect(many).rejects.toThrow('40 ms have passed')
  const guard = await few
  const cancelled = sem.acquireAsync({ priority: 1 })
  await settle()
  sem.cancel()
  await expect(cancelled).rejects.toMatchObject({ code: 'ECANCELED' })
  guard.release()
  expect(sem.units).toBe(1)
})

test('writers take turns by priority, readers need not; cancel ends the waits of both', async () => {
  const sem = new RwSem(memory(), 0)
  const order: string[] = []
  const note = (name: string) => () => {
    order.push(name)
  }
  const held = await sem.lockReadAsync()
  const writers = [
    sem.runWriteAsync(note('a')),
    sem.runWriteAsync(note('b'), { priority: 1 }),
    (async () => {
      using _ = await sem.lockUpgradeableAsync({ priority: 2 })
      note('u')()
    })(),
  ]
  await settle()
  await sem.runReadAsync(note('r'))
  held.release()
  await Promise.all(writers)
  expect(order.join('')).toBe('urba')
  const writer = await sem.lockWriteAsync()
  const waits = [sem.lockReadAsync(), sem.lockWriteAsync()]
  await settle()
  sem.cancel()
  for (const wait of waits) await expect(wait).rejects.toThrow('RwSem.cancel: this wait was cancelled')
  writer.release()
  expect(sem.isWriteHeldByMe).toBe(false)
})

test('a wait of a condition takes its mutex again, whatever is cancelled', async () => {
  const at = memory()
  const [lock, changed] = [new Mutex(at, 0), new Condition(at, 8)]
  const guard = await lock.lockAsync()
  const wait = changed.waitAsync(lock)
  const other = await lock.lockAsync()
  changed.broadcast()
  await settle()
  lock.cancel()
  other.release()
  await wait
  expect(lock.isHeldByMe).toBe(true)
  guard.release()
  expect(lock.locked).toBe(false)
})

test('what is free is taken without a timer and without an AbortController', async () => {
  const made = vi.spyOn(globalThis, 'AbortController')
  const started = vi.spyOn(globalThis, 'setTimeout')
  const at = memory()
  const guards = [
    await new Mutex(at, 0).lockAsync({ priority: 1 }),
    await new SpinLock(at, 8).lockAsync({ timeoutMs: 5 }),
    await new RwSem(at, 16).lockWriteAsync(),
    await Semaphore.init(at, 40, 1).acquireAsync(),
  ]
  for (const guard of guards) guard.release()
  expect([made.mock.calls, started.mock.calls]).toEqual([[], []])
  vi.restoreAllMocks()
})

test('a signal that is aborted after what is free was taken gives it back', async () => {
  const lock = new Mutex(memory(), 0)
  const controller = new AbortController()
  const wait = lock.lockAsync({ signal: controller.signal })
  controller.abort(new Error('no more'))
  await expect(wait).rejects.toThrow('no more')
  expect(lock.locked).toBe(false)
})

test('a priority is a number', async () => {
  const lock = new Mutex(memory(), 0)
  await expect(lock.lockAsync({ priority: 'high' as never })).rejects.toThrow(
    'Mutex.lockAsync: priority must be a number',
  )
})
