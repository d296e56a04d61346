import { describe, expect, test } from 'vitest'
import { explore, type Program } from '#lockstorm/explore/helper/index'

// Defects that locks published on npm have, each in some ten lines, and beside each what mends it.

const SEMAPHORE = { 0: 'units' }
const take = (m: Int32Array): void => {
  for (;;) {
    const units = Atomics.load(m, 0)
    if (units === 0) Atomics.wait(m, 0, 0)
    else if (Atomics.compareExchange(m, 0, units, units - 1) === units) return
  }
}
const post = (m: Int32Array): void => {
  if (Atomics.add(m, 0, 1) === 0) Atomics.notify(m, 0, 1)
}
const postAlways = (m: Int32Array): void => {
  Atomics.add(m, 0, 1)
  Atomics.notify(m, 0, 1)
}
const twice = (of: (m: Int32Array) => void) => (m: Int32Array) => {
  of(m)
  of(m)
}

const lock = (m: Int32Array): void => {
  while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
}
const unlock = (m: Int32Array): void => {
  Atomics.store(m, 0, 0)
  Atomics.notify(m, 0, 1)
}
const CONDITION = { 0: 'mutex', 1: 'condition', 2: 'ready' }
const waitReady = (sleep: (m: Int32Array) => void) => (m: Int32Array) => {
  lock(m)
  while (m[2] === 0) sleep(m)
  unlock(m)
}
const setReady = (signal: (m: Int32Array) => void) => (m: Int32Array) => {
  lock(m)
  m[2] = 1
  unlock(m)
  signal(m)
}
const sleepOnConstant = (m: Int32Array): void => {
  unlock(m)
  Atomics.wait(m, 1, 0)
  lock(m)
}
const sleepOnSequence = (m: Int32Array): void => {
  const seen = Atomics.load(m, 1)
  unlock(m)
  Atomics.wait(m, 1, seen)
  lock(m)
}
const signalConstant = (m: Int32Array): void => void Atomics.notify(m, 1, 1)
const signalSequence = (m: Int32Array): void => {
  Atomics.add(m, 1, 1)
  Atomics.notify(m, 1, 1)
}

const ONCE = { 0: 'once', 1: 'value' }
const onceMarkedFirst = (m: Int32Array): void => {
  if (Atomics.exchange(m, 0, 1) === 0) m[1] = 42
  if (m[1] !== 42) throw new Error('once has returned, its value is not there')
}
const onceWaits = (m: Int32Array): void => {
  if (Atomics.compareExchange(m, 0, 0, 1) === 0) {
    m[1] = 42
    Atomics.store(m, 0, 2)
    Atomics.notify(m, 0)
  }
  while (Atomics.load(m, 0) !== 2) Atomics.wait(m, 0, 1)
  if (m[1] !== 42) throw new Error('once has returned, its value is not there')
}

const MUTEX = { 0: 'state', 1: 'owner' }
const ownerLater = (id: number) => (m: Int32Array) => {
  while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
  Atomics.store(m, 1, id)
  Atomics.store(m, 1, 0)
  unlock(m)
}
const ownerAtOnce = (id: number) => (m: Int32Array) => {
  for (let seen; (seen = Atomics.compareExchange(m, 0, 0, id)) !== 0;) Atomics.wait(m, 0, seen)
  unlock(m)
}
const owned = (of: (m: Int32Array) => number) => (m: Int32Array) => {
  if (m[0] !== 0 && of(m) === 0) throw new Error('locked, and nobody owns it')
}

interface Pattern {
  readonly name: string
  readonly broken: Program
  readonly kind: string
  readonly mended: Program
  /** Executions that are looked at of one too large to be exhausted here. */
  readonly most?: number
}

const PATTERNS: readonly Pattern[] = [
  {
    name: 'a semaphore that wakes only when it was empty: of two posts one is lost',
    broken: { memory: 1, threads: [take, take, twice(post)], words: SEMAPHORE },
    kind: 'lost wake-up',
    mended: { memory: 1, threads: [take, take, twice(postAlways)], words: SEMAPHORE },
  },
  {
    name: 'a condition that sleeps on a word which never changes: a signal before the sleep is lost',
    broken: {
      memory: 3,
      threads: [waitReady(sleepOnConstant), setReady(signalConstant)],
      words: CONDITION,
    },
    kind: 'deadlock',
    mended: {
      memory: 3,
      threads: [waitReady(sleepOnSequence), setReady(signalSequence)],
      words: CONDITION,
    },
  },
  {
    name: 'a broadcast over such a word',
    broken: {
      memory: 3,
      threads: [
        waitReady(sleepOnConstant),
        waitReady(sleepOnConstant),
        setReady((m) => void Atomics.notify(m, 1)),
      ],
      words: CONDITION,
    },
    kind: 'deadlock',
    mended: {
      memory: 3,
      threads: [
        waitReady(sleepOnSequence),
        waitReady(sleepOnSequence),
        setReady((m) => {
          Atomics.add(m, 1, 1)
          Atomics.notify(m, 1)
        }),
      ],
      words: CONDITION,
    },
    most: 10_000,
  },
  {
    name: 'a once that is marked before it has run: the second caller returns too early',
    broken: { memory: 2, threads: [onceMarkedFirst, onceMarkedFirst], words: ONCE },
    kind: 'data race',
    mended: { memory: 2, threads: [onceWaits, onceWaits], words: ONCE },
  },
  {
    name: 'a mutex whose owner is written after it is taken: locked by nobody',
    broken: {
      memory: 2,
      threads: [ownerLater(1), ownerLater(2)],
      words: MUTEX,
      invariant: owned((m) => m[1]!),
    },
    kind: 'invariant',
    mended: {
      memory: 2,
      threads: [ownerAtOnce(1), ownerAtOnce(2)],
      words: MUTEX,
      invariant: owned((m) => m[0]!),
    },
  },
]

describe.for(PATTERNS)('$name', ({ broken, mended, kind, most }) => {
  test('is found, within 100 executions of DPOR', () => {
    const { failure } = explore(broken, { search: 'dpor', executions: 100 })
    expect(failure?.kind).toBe(kind)
  })

  test(`mended it holds${most === undefined ? '' : `, as far as ${most} executions show`}`, () => {
    const found = explore(mended, { search: 'dpor', executions: most ?? 10_000, ms: 60_000 })
    expect(found.failure?.ladder.join('\n')).toBeUndefined()
    expect(found.verdict).toBe(most === undefined ? 'holds' : 'passed')
  })
})
