import { expect, test } from 'vitest'
import {
  explore,
  exploreAsync,
  mustExhaust,
  type AsyncProgram,
  type Program,
} from '#lockstorm/explore/helper/index'
import { staged } from '#lockstorm/explore/helper/stage'
import { runPhase } from '#lockstorm/explore/searches/phase'

// Polling by time-outs is right code: whoever polls does not keep the others from their time-outs, and the verdict says what that cost.

const LIMITS: unknown = expect.arrayContaining([expect.stringContaining('in turn')])
const pause = async (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))
const budget = { search: 'dpor' } as const

test('a poll with a time-out beside a longer one', () => {
  const poll = (m: Int32Array): void => {
    while (Atomics.load(m, 0) === 0) Atomics.wait(m, 1, 0, 10)
  }
  const late = (raises: boolean) => (m: Int32Array) => {
    Atomics.wait(m, 2, 0, 50)
    if (raises) Atomics.store(m, 0, 1)
  }
  const of = (raises: boolean): Program => ({ memory: 3, threads: [poll, late(raises)] })
  expect(explore(of(true), budget)).toMatchObject({ verdict: 'passed', limits: LIMITS })
  expect(explore(of(false), budget).failure?.kind).toBe('livelock')
})

test.for([0, 10])('a poll by timers of %i ms beside a longer one', async (ms) => {
  const poll = async (m: Int32Array): Promise<void> => {
    // eslint-disable-next-line no-await-in-loop -- until it is raised
    while (Atomics.load(m, 0) === 0) await pause(ms)
  }
  const late = async (m: Int32Array): Promise<void> => {
    await pause(50)
    Atomics.store(m, 0, 1)
  }
  const program: AsyncProgram = { memory: 1, threads: [poll, late] }
  expect(await exploreAsync(program, budget)).toMatchObject({ verdict: 'passed', limits: LIMITS })
})

test('an agent that polls by timers comes to the end of its own wait', async () => {
  const polls = async (m: Int32Array): Promise<void> => {
    const results: string[] = []
    const { async, value } = Atomics.waitAsync(m, 0, 0, 1)
    if (!async) return
    void value.then((how) => results.push(how))
    // eslint-disable-next-line no-await-in-loop -- until it has settled
    while (results.length === 0) await pause(0)
    expect(results).toEqual(['timed-out'])
  }
  const { failure } = await exploreAsync(
    { memory: 1, threads: [polls, (m) => void Atomics.load(m, 0)] },
    budget,
  )
  expect(failure).toBeUndefined()
})

test('yields between changes are all interleaved', async () => {
  const count = async (m: Int32Array): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      Atomics.add(m, 0, 1)
      // eslint-disable-next-line no-await-in-loop -- one after the other
      await pause(0)
    }
  }
  const looks = (m: Int32Array): void => {
    if (Atomics.load(m, 0) === 2) throw new Error('seen in between')
  }
  const { failure } = await exploreAsync({ memory: 1, threads: [count, looks] })
  expect(failure?.message).toContain('seen in between')
})

test('messages that go to and fro for ever are no poll of the memory', async () => {
  const answers =
    (other: number, begins: boolean): AsyncProgram['threads'][number] =>
    (m, agent) => {
      const port = agent.port(other)
      Atomics.load(m, 0)
      port.on('message', (data) => {
        port.postMessage(data)
      })
      if (begins) port.postMessage(1)
    }
  const { failure } = await exploreAsync({
    memory: 1,
    threads: [answers(1, true), answers(0, false)],
    maxSteps: 60,
  })
  expect(failure?.kind).toBe('step limit')
  expect(failure?.message).toContain('one task after another')
})

test('a poll that counts its tries, in a variable that was declared right before it', () => {
  const tries = (m: Int32Array): void => {
    for (let i = 0; i < 2; i++) {
      let n = 0
      while (Atomics.load(m, 0) === 0 && n < 2) {
        n++
        if (Atomics.wait(m, 0, 0, 10) === 'ok') Atomics.add(m, 1, 1)
      }
      Atomics.add(m, 1, n)
    }
  }
  expect(mustExhaust({ memory: 2, threads: [tries, tries] }).verdict).toBe('holds')
  // eslint-disable-next-line curly -- the variable of the outer loop belongs to the block of the inner one
  const nested = (m: Int32Array): void => {
    for (let i = 0; i < 2; i++)
      while (Atomics.add(m, 0, 1) < 3) {
        Atomics.add(m, 1, i)
        Atomics.add(m, 1, i)
      }
  }
  expect(mustExhaust({ memory: 2, threads: [nested, nested] }).verdict).toBe('holds')
})

test.for(['dfs', 'dpor', 'states'] as const)(
  'whose turn it is to time out is the same when an execution goes on from another one: %s',
  (search) => {
    const poll = (m: Int32Array): void => {
      while (Atomics.load(m, 0) === 0) Atomics.wait(m, 1, 0, 10)
    }
    const late = (m: Int32Array): void => {
      Atomics.wait(m, 2, 0, 50)
      Atomics.store(m, 0, 1)
    }
    const program: Program = { memory: 3, threads: [poll, poll, late] }
    const result = staged(program, { spurious: false, everyTwice: 1 }, ({ engine }) =>
      runPhase(engine, { search, executions: 40 }),
    )
    expect(result).toMatchObject({ executions: 40, failures: {} })
  },
)

test('a body that gives back what it holds in `finally` may be stopped there any number of times', async () => {
  const rounds = (m: Int32Array): void => {
    for (let i = 0; i < 40; i++) {
      while (Atomics.exchange(m, 0, 1) !== 0) Atomics.wait(m, 0, 1)
      try {
        m[1]!++
        if (Atomics.load(m, 2) !== 0) return
      } finally {
        Atomics.store(m, 0, 0)
        Atomics.notify(m, 0)
      }
    }
  }
  const program: Program = { memory: 3, threads: [rounds, rounds, rounds], maxSteps: 5000 }
  expect(explore(program, { search: 'random', executions: 10 }).verdict).toBe('passed')
  const awaits = async (m: Int32Array): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      try {
        Atomics.add(m, 0, 1)
        Atomics.load(m, 1)
      } finally {
        Atomics.add(m, 1, 1)
      }
      // eslint-disable-next-line no-await-in-loop -- one after the other
      await Promise.resolve()
    }
  }
  const inTurn: AsyncProgram = { memory: 2, threads: [awaits, awaits] }
  expect((await exploreAsync(inTurn, { search: 'dpor', executions: 200 })).failure).toBeUndefined()
})
