import { describe, expect, test } from 'vitest'
import { explore, exploreAsync, type Program } from '#lockstorm/explore/helper/index'
import { Barrier, Completion, Mutex, Once, RwSem, Semaphore, SpinLock } from '#lockstorm/sync/classes/index'

// The classes of lockstorm/sync inside of bodies: each body is a thread of its own for them.

const COUNT = 48
const finish = (m: Int32Array): void => expect(m[COUNT]).toBe(2)
const verdictOf = (program: Program): string => {
  const { verdict, failure } = explore(program, { ms: 20_000 })
  return failure?.kind ?? verdict
}

interface Kind {
  readonly name: string
  /** How a body takes it; returns how it gives it back. */
  readonly take: (memory: Int32Array) => () => void
  readonly setup?: (memory: Int32Array) => void
  /** What becomes of two bodies that take and do not give. */
  readonly stuck: RegExp
}
const held = (lock: { hold(): Disposable }): (() => void) => {
  const guard = lock.hold()
  return () => {
    guard[Symbol.dispose]()
  }
}
const KINDS: readonly Kind[] = [
  { name: 'Mutex', take: (m) => held(new Mutex(m, 0)), stuck: /deadlock/ },
  { name: 'SpinLock', take: (m) => held(new SpinLock(m, 0)), stuck: /deadlock|livelock/ },
  {
    name: 'RwSem',
    take: (m) => {
      const lock = new RwSem(m, 0)
      lock.lockWrite()
      return () => {
        lock.unlockWrite()
      }
    },
    stuck: /deadlock/,
  },
  {
    name: 'Semaphore',
    take: (m) => {
      const units = new Semaphore(m, 0)
      units.acquire()
      return () => {
        units.release()
      }
    },
    setup: (m) => void Semaphore.init(m, 0, 1),
    stuck: /deadlock/,
  },
]

describe.for(KINDS)('$name', ({ take, setup = () => {}, stuck }) => {
  const right = (m: Int32Array): void => {
    const give = take(m)
    m[COUNT]!++
    give()
  }

  test('excludes: what counts under it holds', { timeout: 60_000 }, () => {
    expect(verdictOf({ memory: 64, setup, threads: [right, right], finish })).toBe('holds')
  })

  test('not given back, it is a deadlock', { timeout: 60_000 }, () => {
    expect(
      verdictOf({ memory: 64, setup, threads: [take, take].map((each) => (m: Int32Array) => void each(m)) }),
    ).toMatch(stuck)
  })

  test('half of the bodies without it race', { timeout: 60_000 }, () => {
    expect(verdictOf({ memory: 64, setup, threads: [right, (m) => void m[COUNT]!++], finish })).toBe(
      'data race',
    )
  })
})

test('Once, Completion, Barrier', { timeout: 60_000 }, () => {
  const once = (m: Int32Array): void => void new Once(m, 0).run(() => (m[COUNT] = 2))
  expect(verdictOf({ memory: 64, threads: [once, once], finish })).toBe('holds')
  const waits = (m: Int32Array): void => {
    new Completion(m, 0).wait()
    expect(m[COUNT]).toBe(2)
  }
  const completes = (m: Int32Array): void => {
    m[COUNT] = 2
    new Completion(m, 0).complete()
  }
  expect(verdictOf({ memory: 64, threads: [waits, completes] })).toBe('holds')
  expect(verdictOf({ memory: 64, threads: [waits, () => {}, (m) => void (m[COUNT] = 2)] })).toBe('deadlock')
  const meets = (m: Int32Array): void => {
    Atomics.add(m, COUNT, 1)
    new Barrier(m, 0).wait()
    expect(Atomics.load(m, COUNT)).toBe(2)
  }
  const setup = (m: Int32Array): void => void Barrier.init(m, 0, 2)
  expect(verdictOf({ memory: 64, setup, threads: [meets, meets] })).toBe('holds')
})

test('lockAsync in async bodies', { timeout: 60_000 }, async () => {
  const body = async (m: Int32Array): Promise<void> => {
    const mutex = new Mutex(m, 0)
    await mutex.lockAsync()
    m[COUNT]!++
    mutex.unlock()
  }
  const seen = await exploreAsync({ memory: 64, threads: [body, body], finish }, { ms: 20_000 })
  expect(seen.failure?.ladder.join('\n')).toBeUndefined()
})

test('the clock that the classes read is in whole nanoseconds, however long a wait was', () => {
  const program: Program = {
    memory: 64,
    threads: [
      (m) => {
        Atomics.wait(m, 0, 0, 0.000_123_4)
        expect(process.hrtime.bigint()).toBeTypeOf('bigint')
      },
      () => {},
    ],
  }
  expect(verdictOf(program)).toBe('holds')
})
