/** Asynchronous waiters of one thread: priority, order, weight, cancel. */
import { expect, test } from 'vitest'
import { CancelledError, Mutex, Semaphore, SpinLock } from '#lockstorm/sync/classes/index'

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

test('a priority is a number', async () => {
  const lock = new Mutex(memory(), 0)
  await expect(lock.lockAsync({ priority: 'high' as never })).rejects.toThrow(
    'Mutex.lockAsync: priority must be a number',
  )
})
