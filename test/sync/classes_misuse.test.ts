/** What is wrong throws an error that says which class, which method, which thread; what is right afterwards still works. */
import { beforeEach, describe, expect, test } from 'vitest'
import * as library from '#lockstorm/sync/classes/index'
import {
  Barrier,
  Channel,
  Completion,
  Condition,
  DeadlockError,
  Latch,
  layout,
  Mutex,
  Once,
  OwnershipError,
  recycle,
  RwSem,
  Semaphore,
  SpinLock,
  Srcu,
  SyncError,
  UninitializedError,
  words,
} from '#lockstorm/sync/classes/index'

let memory: SharedArrayBuffer
beforeEach(() => {
  memory = new SharedArrayBuffer(8192)
})

function thrown(call: () => unknown): Error & { code?: string } {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

type Call = (m: SharedArrayBuffer) => unknown
const mutex = (m: SharedArrayBuffer): Mutex => new Mutex(m, 0)
const rw = (m: SharedArrayBuffer): RwSem => new RwSem(m, 0)

const RECURSION: Record<string, Call> = {
  'Mutex.lock': (m) => (mutex(m).lock(), mutex(m).lock()),
  'Mutex.lockFor': (m) => (mutex(m).lock(), mutex(m).lockFor(Infinity)),
  'SpinLock.lock': (m) => (new SpinLock(m, 0).lock(), new SpinLock(m, 0).lock()),
  'SpinLock.lockFor': (m) => (new SpinLock(m, 0).lock(), new SpinLock(m, 0).lockFor(Infinity)),
  'RwSem.lockWrite': (m) => (rw(m).lockRead(), rw(m).lockWrite()),
  'RwSem.lockRead': (m) => (rw(m).lockWrite(), rw(m).lockRead()),
  'RwSem.lockReadFor': (m) => (rw(m).lockWrite(), rw(m).lockReadFor(Infinity)),
  'RwSem.lockUpgradeable': (m) => (rw(m).lockUpgradeable(), rw(m).lockUpgradeable()),
  'Once.run': (m) => new Once(m, 0).run(() => new Once(m, 0).run(() => {})),
  'Srcu.synchronize': (m) => (Srcu.init(m, 0, 2).lock(), new Srcu(m, 0).synchronize()),
}

test.each(Object.keys(RECURSION))('%s of a thread that would wait for itself', (where) => {
  const error = thrown(() => RECURSION[where]?.(memory))
  expect(error).toBeInstanceOf(DeadlockError)
  expect(error.code).toBe('EDEADLK')
  expect(error.message).toMatch(new RegExp(`^${where.replace('.', String.raw`\.`)}: this thread holds`))
})

const STRANGERS: Record<string, Call> = {
  'Mutex.unlock': (m) => mutex(m).unlock(),
  'SpinLock.unlock': (m) => new SpinLock(m, 0).unlock(),
  'RwSem.unlockRead': (m) => rw(m).unlockRead(),
  'RwSem.unlockWrite': (m) => (rw(m).lockRead(), rw(m).unlockWrite()),
  'RwSem.downgrade': (m) => rw(m).downgrade(),
  'RwSem.unlockUpgradeable': (m) => (rw(m).lockRead(), rw(m).unlockUpgradeable()),
  'RwSem.upgrade': (m) => (rw(m).lockRead(), rw(m).upgrade()),
  'Condition.wait': (m) => new Condition(m, 16).wait(mutex(m)),
  'Condition.waitUntil': (m) => new Condition(m, 16).waitUntil(mutex(m), () => true),
  'Srcu.unlock': (m) => Srcu.init(m, 0, 2).unlock(0),
}

test.each(Object.keys(STRANGERS))('%s of a thread that does not hold it', (where) => {
  const error = thrown(() => STRANGERS[where]?.(memory))
  expect(error).toBeInstanceOf(OwnershipError)
  expect(error.code).toBe('EPERM')
  expect(error.message).toContain(`${where}: the `)
  expect(error.message).toContain('is not held by this thread')
})

const UNMADE: Record<string, Call> = {
  'Barrier.wait': (m) => new Barrier(m, 0).wait(),
  'Barrier.waitFor': (m) => new Barrier(m, 0).waitFor(1),
  'Srcu.lock': (m) => new Srcu(m, 0).lock(),
  'Srcu.poll': (m) => new Srcu(m, 0).poll(0),
}

test.each(Object.keys(UNMADE))('%s of an object that was never made', (where) => {
  const error = thrown(() => UNMADE[where]?.(memory))
  expect(error).toBeInstanceOf(UninitializedError)
  expect(error.message).toContain(`${where}: the `)
})

test.each(['5', undefined, null, {}, 1n])('a time of %s is a TypeError', (ms) => {
  for (const call of [
    () => mutex(memory).lockFor(ms as never),
    () => new SpinLock(memory, 8).lockFor(ms as never),
    () => new RwSem(memory, 32).lockReadFor(ms as never),
    () => new RwSem(memory, 32).lockUpgradeableFor(ms as never),
    () => new Semaphore(memory, 16).acquireFor(ms as never),
    () => new Completion(memory, 20).waitFor(ms as never),
    () => Barrier.init(memory, 24, 2).waitFor(ms as never),
    () => Srcu.init(memory, 64, 2).synchronizeFor(ms as never),
  ])
    expect(thrown(call)).toBeInstanceOf(TypeError)
})

test.each([NaN, -1, -Infinity])('a time of %s is a RangeError', (ms) => {
  expect(thrown(() => mutex(memory).lockFor(ms))).toBeInstanceOf(RangeError)
  expect(thrown(() => new Semaphore(memory, 16).holdFor(ms))).toBeInstanceOf(RangeError)
  expect(thrown(() => new RwSem(memory, 32).lockWriteFor(ms)).message).toBe(
    `RwSem.lockWriteFor: timeoutMs must be a number of milliseconds, 0 or more, not ${ms}`,
  )
})

type Options = { readonly timeoutMs: number }
const WAITS: Record<string, (m: SharedArrayBuffer, options: Options) => unknown> = {
  'Mutex.lockAsync': (m, options) => mutex(m).lockAsync(options),
  'Mutex.runAsync': (m, options) => mutex(m).runAsync(() => {}, options),
  'SpinLock.lockAsync': (m, options) => new SpinLock(m, 8).lockAsync(options),
  'RwSem.lockReadAsync': (m, options) => rw(m).lockReadAsync(options),
  'RwSem.runWriteAsync': (m, options) => rw(m).runWriteAsync(() => {}, options),
  'RwSem.lockUpgradeableAsync': (m, options) => rw(m).lockUpgradeableAsync(options),
  'RwSem.upgradeAsync': (m, options) => (rw(m).lockUpgradeable(), rw(m).upgradeAsync(options)),
  'Semaphore.acquireAsync': (m, options) => Semaphore.init(m, 16, 1).acquireAsync(options),
  'Condition.waitAsync': async (m, options) => {
    mutex(m).lock()
    const changed = new Condition(m, 16)
    const wait = changed.waitAsync(mutex(m), options)
    await Promise.resolve()
    changed.broadcast()
    await wait
  },
  'Condition.waitUntilAsync': (m, options) => (
    mutex(m).lock(),
    new Condition(m, 16).waitUntilAsync(mutex(m), () => true, options)
  ),
  'Completion.waitAsync': (m, options) => (
    new Completion(m, 0).complete(),
    new Completion(m, 0).waitAsync(options)
  ),
  'Latch.waitAsync': (m, options) => new Latch(m, 0).waitAsync(options),
  'Barrier.waitAsync': (m, options) => Barrier.init(m, 0, 1).waitAsync(options),
  'Once.runAsync': (m, options) => new Once(m, 0).runAsync(() => {}, options),
  'Once.getAsync': (m, options) => new Once(m, 0).getAsync(() => 1, options),
  'Channel.sendAsync': (m, options) => Channel.init(m, 0, 4).sendAsync(1, options),
  'Channel.receiveAsync': (m, options) => {
    const channel = Channel.init(m, 0, 4)
    channel.send(1)
    return channel.receiveAsync(options)
  },
  'Srcu.synchronizeAsync': (m, options) => Srcu.init(m, 0, 2).synchronizeAsync(options),
}

describe.each(Object.entries(WAITS))('%s', (where, wait) => {
  test('takes the options that it has', async () => {
    const signal = new AbortController().signal
    await expect(wait(memory, { timeoutMs: 60_000, signal } as Options)).resolves.not.toThrow()
  })
  test.each([{ timeout: 5 }, { timeoutMs: 5, Signal: 1 }, 5, null, 'x', new AbortController().signal])(
    'refuses %j',
    async (options) => {
      const error = await Promise.resolve(wait(memory, options as never)).catch((it: unknown) => it)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(
        new RegExp(`^${where.replace('.', String.raw`\.`)}: options must be of timeoutMs, signal`),
      )
    },
  )
})

test('an option of another wait is refused: only what takes turns has priority, only a semaphore has units', async () => {
  const turns = { priority: 1 } as never
  await expect(mutex(memory).lockAsync(turns)).resolves.toBeDefined()
  for (const wait of [() => rw(memory).lockReadAsync(turns), () => new Latch(memory, 0).waitAsync(turns)]) {
    recycle(memory, 0, 64)
    await expect(wait()).rejects.toThrow('options must be of timeoutMs, signal, not "priority"')
  }
  recycle(memory, 0, 64)
  await expect(mutex(memory).lockAsync({ units: 2 } as never)).rejects.toThrow(
    'Mutex.lockAsync: options must be of timeoutMs, signal, priority, not "units"',
  )
})

test.each([
  [() => layout(null as never), 'layout: parts must be an object, not null'],
  [() => layout(7 as never), 'layout: parts must be an object, not 7'],
  [() => layout({}, { pading: false } as never), 'layout: options must be of padding, not "pading"'],
  [() => layout({}, { padding: 0 } as never), 'layout: padding must be true or false, not 0'],
  [() => layout({}, null as never), 'layout: options must be of padding, not null'],
  [() => words(1n as never), 'words: count must be an integer from 1 to 268435456, not 1n'],
  [() => Channel.of(4, { byte: 16 } as never), 'Channel.of: the element must be of words, bytes, not "byte"'],
  [() => Channel.of(4, 16 as never), 'Channel.of: the element must be of words, bytes, not 16'],
  [() => new Mutex(new SharedArrayBuffer(0), 0), 'new Mutex: the memory must be 3 words or more, not 0'],
  [
    () => layout({ m: Mutex }).init(new SharedArrayBuffer(64)),
    'layout.init: the memory must be 32 words or more, not 16',
  ],
  [
    () => layout({ m: Mutex }).init({} as never),
    'new layout: memory must be a SharedArrayBuffer or an Int32Array over one, not Object',
  ],
])('%s', (call, message) => {
  const error = thrown(call)
  expect(error.message).toBe(message)
  expect(error).toBeInstanceOf(/memory must be \d/.test(message) ? RangeError : TypeError)
})

describe('memory', () => {
  test.each([
    new ArrayBuffer(64),
    new Int32Array(16),
    new Uint8Array(memory0()),
    new Uint32Array(memory0()),
    new DataView(memory0()),
    {},
    null,
    undefined,
    7,
  ])('%s is refused', (wrong) => {
    expect(thrown(() => new Mutex(wrong as never, 0))).toBeInstanceOf(TypeError)
  })

  test.each([-1, 0.5, NaN, 2046, Infinity])('a place at %s is refused', (address) => {
    expect(thrown(() => new Mutex(memory, address))).toBeInstanceOf(RangeError)
  })

  test('views over one memory are one memory, wherever they begin', () => {
    const lock = new Mutex(new Int32Array(memory, 64, 8), 4)
    expect(lock.address).toBe(20)
    lock.lock()
    expect(new Mutex(memory, 20).isHeldByMe).toBe(true)
    expect(new Condition(new Int32Array(memory), 40).waitFor(lock, 1)).toBe(false)
    expect(() => new Mutex(new Int32Array(memory, 64, 8), 6)).toThrow(RangeError)
  })
})

function memory0(): SharedArrayBuffer {
  return new SharedArrayBuffer(64)
}

test('objects must not overlap, unless the memory is used again', () => {
  mutex(memory).lock()
  expect(thrown(() => new Semaphore(memory, 2)).message).toContain('must not overlap the Mutex at word 0')
  expect(thrown(() => new RwSem(memory, 0))).toBeInstanceOf(RangeError)
  expect(mutex(memory).isHeldByMe).toBe(true)
  recycle(memory, 0, Mutex.WORDS)
  expect(new Semaphore(memory, 2).tryAcquire()).toBe(false)
})

test('an async function in run is an error, and the lock is free afterwards', () => {
  const asynchronous = async (): Promise<void> => {}
  const late = (): unknown => Promise.resolve()
  for (const fn of [asynchronous, late] as (() => never)[]) {
    expect(thrown(() => mutex(memory).run(fn))).toBeInstanceOf(TypeError)
    expect(thrown(() => new RwSem(memory, 64).runRead(fn)).message).toContain('use runReadAsync')
    expect(thrown(() => Semaphore.init(memory, 32, 1).run(fn))).toBeInstanceOf(TypeError)
    expect(thrown(() => new Once(memory, 40).run(fn))).toBeInstanceOf(TypeError)
  }
  // @ts-expect-error the compiler says so, too
  expect(() => mutex(memory).run(asynchronous)).toThrow('use runAsync')
  expect(mutex(memory).tryLock()).toBe(true)
  expect(new RwSem(memory, 64).isReadHeldByMe).toBe(false)
})

test('a guard gives back its own acquisition only, whichever object is used', () => {
  const stale = mutex(memory).hold()
  mutex(memory).unlock()
  mutex(memory).lock()
  stale.release()
  expect(mutex(memory).isHeldByMe).toBe(true)
  const sem = Semaphore.init(memory, 16, 1)
  const unit = sem.hold()
  unit.release()
  unit.release()
  expect(sem.units).toBe(1)
})

test('the guard of a writer that became a reader gives the read back', () => {
  const guard = rw(memory).holdWrite()
  rw(memory).downgrade()
  expect(rw(memory).isReadHeldByMe).toBe(true)
  guard.release()
  guard.release()
  expect(rw(memory).isReadHeldByMe).toBe(false)
  expect(rw(memory).tryLockWrite()).toBe(true)
})

test('every error is a SyncError of its own name with a code', () => {
  const kinds = Object.entries(library).filter(
    ([, value]) => (value as { prototype?: unknown }).prototype instanceof Error,
  )
  expect(kinds.length).toBeGreaterThan(6)
  for (const [name, Kind] of kinds as unknown as [string, new (...text: string[]) => SyncError][]) {
    const error = new Kind('E', 'text')
    expect(error).toBeInstanceOf(SyncError)
    expect(error.name).toBe(name)
    expect(error.code).toMatch(/^E/)
  }
})
