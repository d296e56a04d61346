import { expect, test } from 'vitest'
import { BLOCKED, ExplorationError, mustLinearize, type Specification } from '#lockstorm/explore/helper/index'
import { linearize } from '#lockstorm/explore/helper/histories'
import { Channel, Semaphore } from '#lockstorm/sync/classes/index'

type Queue = Specification<number[], Int32Array>
const HEAD = 1
const TAIL = 2
const SLOTS = 3
const ROOM = 2

const lock = (m: Int32Array): void => {
  while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
}
const unlock = (m: Int32Array): void => {
  Atomics.store(m, 0, 0)
  Atomics.notify(m, 0, 1)
}
const under = <R>(m: Int32Array, run: () => R): R => {
  lock(m)
  try {
    return run()
  } finally {
    unlock(m)
  }
}
const put = (m: Int32Array, value: number): boolean => {
  if ((m[TAIL] ?? 0) - (m[HEAD] ?? 0) === ROOM) return false
  m[SLOTS + (m[TAIL]! % ROOM)] = value
  m[TAIL]!++
  return true
}
const take = (m: Int32Array): number | null => (m[HEAD] === m[TAIL] ? null : m[SLOTS + (m[HEAD]!++ % ROOM)]!)

/** A bounded queue: what put and take do is given. */
const queue = (runs: {
  put: (m: Int32Array, value: number) => boolean
  take: (m: Int32Array) => number | null
}): Queue => ({
  memory: 6,
  make: (m) => m,
  state: () => [],
  operations: {
    put: {
      args: [[1]],
      run: runs.put,
      model: (state, value: number) => state.length < ROOM && state.push(value) > 0,
    },
    take: { run: runs.take, model: (state) => state.shift() ?? null },
  },
})
const correct = queue({
  put: (m, value) => under(m, () => put(m, value)),
  take: (m) => under(m, () => take(m)),
})

test('a correct bounded queue is linearizable, and all of it is seen', () => {
  expect(mustLinearize(correct, { search: 'dpor' })).toMatchObject({ exhausted: true, scenarios: 16 })
})

test.for<readonly [string, Queue]>([
  [
    'a queue that loses an element',
    queue({
      put: (m, value) => {
        const tail = Atomics.load(m, TAIL)
        if (tail - Atomics.load(m, HEAD) === ROOM) return false
        Atomics.store(m, SLOTS + (tail % ROOM), value)
        Atomics.store(m, TAIL, tail + 1)
        return true
      },
      take: (m) => under(m, () => take(m)),
    }),
  ],
  [
    'a queue with a stale read, which looks before it locks',
    queue({
      put: (m, value) => under(m, () => put(m, value)),
      take: (m) => {
        const empty = Atomics.load(m, HEAD) === Atomics.load(m, TAIL)
        return empty ? null : under(m, () => m[SLOTS + (m[HEAD]!++ % ROOM)]!)
      },
    }),
  ],
])('%s is not', ([, spec]) => {
  let message = ''
  try {
    mustLinearize({ ...spec, races: false })
  } catch (error) {
    message = error instanceof ExplorationError ? error.message : String(error)
  }
  expect(message).toContain('no order of these fits')
  expect(message).toMatch(/cpu-\d (put|take)\(/)
})

test("lockstorm/sync's semaphore, whose acquire waits", () => {
  const spec: Specification<{ units: number }, Semaphore> = {
    memory: 16,
    setup: (m) => void Semaphore.init(m, 0, 1),
    make: (m) => new Semaphore(m, 0),
    state: () => ({ units: 1 }),
    operations: {
      acquire: {
        run: (s) => s.acquire(),
        model: (state) => (state.units === 0 ? BLOCKED : void state.units--),
      },
      release: { run: (s) => s.release(), model: (state) => void state.units++ },
      tryAcquire: { run: (s) => s.tryAcquire(), model: (state) => state.units > 0 && state.units-- > 0 },
    },
  }
  expect(mustLinearize({ ...spec, calls: 1 }).scenarios).toBe(9)
})

test("lockstorm/sync's channel, whose send and receive wait, and which has room for one", () => {
  const spec: Specification<number[], Channel> = {
    memory: 64,
    setup: (m) => void Channel.init(m, 0, 1),
    make: (m) => new Channel(m, 0),
    state: () => [],
    operations: {
      send: {
        args: [[1]],
        run: (c, value: number) => c.send(value),
        model: (state, value: number) => (state.length === 1 ? BLOCKED : void state.push(value)),
      },
      receive: { run: (c) => c.receive(), model: (state) => state.shift() ?? BLOCKED },
      tryReceive: { run: (c) => c.tryReceive(), model: (state) => state.shift() },
    },
  }
  expect(mustLinearize({ ...spec, calls: 1 }, { search: 'dpor', ms: 20_000 })).toMatchObject({
    exhausted: true,
    scenarios: 9,
  })
  // Held against one with room for two it is found out: there a second send need not wait.
  const { send } = spec.operations
  const roomier = { send: { ...send!, model: (state: number[]) => void state.push(1) } }
  expect(() => mustLinearize({ ...spec, operations: roomier, calls: 1 })).toThrow('Deadlock')
})

test('what did not overlap keeps its order', () => {
  const model = { first: () => ({ n: 0 }), apply: (state: { n: number }) => ++state.n }
  const op = (cpu: number, call: number, ret: number, result: number) => ({
    cpu,
    name: 'next',
    args: [],
    call,
    ret,
    result,
  })
  expect(linearize(model, [op(0, 0, 5, 2), op(1, 1, 3, 1)])).toHaveLength(2)
  expect(linearize(model, [op(0, 0, 2, 2), op(1, 3, 4, 1)])).toBeUndefined()
  expect(linearize(model, [op(0, 0, 2, 1), op(1, 1, Infinity, 2)])).toBeUndefined()
})
