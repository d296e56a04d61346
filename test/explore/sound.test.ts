import { describe, expect, test } from 'vitest'
import {
  choose,
  explore,
  mustExhaust,
  mustHold,
  RefusedError,
  type Program,
} from '#lockstorm/explore/helper/index'

// Whatever a body does to the memory is seen, or the exploration is refused: 'holds' is never said of what was not looked at.

const add = (m: Int32Array): void => void Atomics.add(m, 0, 1)
const raise = (m: Int32Array): void => {
  Atomics.store(m, 0, 1)
  Atomics.notify(m, 0)
}
const await1 = (m: Int32Array): void => {
  while (Atomics.load(m, 0) === 0) Atomics.wait(m, 0, 0)
}
const verdictOf = (program: Program): string => {
  const { verdict, failure } = explore(program)
  return failure?.kind ?? verdict
}
const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof RefusedError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'not refused'
}

/** A cell of the memory from byte 8 on, in some view. */
type Cell = (m: Int32Array) => { get(): number; set(value: number): void }

const ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
] as const
const arrayCell =
  (name: (typeof ARRAYS)[number]): Cell =>
  (m) => {
    const view = new globalThis[name](m.buffer as ArrayBuffer)
    const i = 8 / view.BYTES_PER_ELEMENT
    return { get: () => view[i]!, set: (value) => void (view[i] = value) }
  }
const bigCell: Cell = (m) => {
  const view = new BigUint64Array(m.buffer as ArrayBuffer)
  return { get: () => Number(view[1]), set: (value) => void (view[1] = BigInt(value)) }
}
const VIEW_METHODS = ['Int8', 'Uint16', 'Int32', 'Float32', 'Float64'] as const
const dataViewCell =
  (method: (typeof VIEW_METHODS)[number], at: number): Cell =>
  (m) => {
    const view = new DataView(m.buffer as ArrayBuffer, 4)
    return {
      get: () => view[`get${method}`](at, true),
      set: (value) => view[`set${method}`](at, value, true),
    }
  }
const CELLS: readonly (readonly [string, Cell])[] = [
  ...ARRAYS.map((name) => [name, arrayCell(name)] as const),
  ['BigUint64Array', bigCell],
  ...VIEW_METHODS.map((method) => [`DataView ${method}`, dataViewCell(method, 4)] as const),
  ['DataView Float64, not aligned', dataViewCell('Float64', 7)],
  ['subarray', (m) => ({ get: () => m.subarray(2)[0]!, set: (value) => m.subarray(1).set([value], 1) })],
  ['fill and at', (m) => ({ get: () => m.at(2)!, set: (value) => void m.fill(value, 2, 3) })],
]

describe.for(CELLS)('%s', ([, cell]) => {
  const read = (m: Int32Array): void => {
    await1(m)
    expect(cell(m).get()).toBe(7)
  }
  const before = (m: Int32Array): void => {
    cell(m).set(7)
    raise(m)
  }
  const after = (m: Int32Array): void => {
    raise(m)
    cell(m).set(7)
  }

  test('a payload before the flag holds, after it races', () => {
    expect(verdictOf({ memory: 6, threads: [read, before] })).toBe('holds')
    expect(verdictOf({ memory: 6, threads: [read, after] })).toBe('data race')
  })

  test('without races the payload is interleaved', () => {
    expect(verdictOf({ memory: 6, threads: [read, before], races: false })).toBe('holds')
    expect(verdictOf({ memory: 6, threads: [read, after], races: false })).toBe('assertion')
  })
})

test('neighbouring bytes do not race, overlapping ones do', () => {
  const write = (at: number) => (m: Int32Array) => void (new Uint8Array(m.buffer)[at] = 1)
  expect(verdictOf({ memory: 1, threads: [write(1), write(2)] })).toBe('holds')
  expect(verdictOf({ memory: 1, threads: [write(1), write(1)] })).toBe('data race')
  expect(verdictOf({ memory: 1, threads: [write(3), (m) => void (m[0] = 1)] })).toBe('data race')
})

test('atomics of different sizes on the same bytes race; of equal ones they do not', () => {
  const byte = (m: Int32Array): void => void Atomics.store(new Uint8Array(m.buffer), 0, 1)
  const big = (m: Int32Array): void => void Atomics.add(new BigInt64Array(m.buffer as ArrayBuffer), 0, 1n)
  expect(verdictOf({ memory: 2, threads: [byte, add] })).toBe('data race')
  expect(verdictOf({ memory: 2, threads: [big, add] })).toBe('data race')
  expect(verdictOf({ memory: 2, threads: [byte, byte] })).toBe('holds')
  const twice = (m: Int32Array): void => expect(new BigInt64Array(m.buffer as ArrayBuffer)[0]).toBe(2n)
  expect(verdictOf({ memory: 2, threads: [big, big], finish: twice })).toBe('holds')
})

test('an update of a BigInt64 in two steps is lost; waiters on it sleep and are woken', () => {
  const of = (m: Int32Array): BigInt64Array => new BigInt64Array(m.buffer as ArrayBuffer)
  const split = (m: Int32Array): void => void Atomics.store(of(m), 0, Atomics.load(of(m), 0) + (1n << 40n))
  const finish = (m: Int32Array): void => expect(of(m)[0]).toBe(1n << 41n)
  expect(verdictOf({ memory: 2, threads: [split, split], finish })).toBe('assertion')
  const sleep = (m: Int32Array): void => void Atomics.wait(of(m), 0, 0n)
  const wake = (m: Int32Array): void => {
    Atomics.store(of(m), 0, 1n << 40n)
    Atomics.notify(of(m), 0)
  }
  expect(verdictOf({ memory: 2, threads: [sleep, wake] })).toBe('holds')
  const forgets = (m: Int32Array): void => void Atomics.store(of(m), 0, 1n << 40n)
  expect(verdictOf({ memory: 2, threads: [sleep, forgets] })).toBe('lost wake-up')
})

test('a plain float of eight bytes tears when races are not looked for', () => {
  const view = (m: Int32Array): Float64Array => new Float64Array(m.buffer as ArrayBuffer)
  const write = (m: Int32Array): void => void (view(m)[0] = 1.1)
  const read = (m: Int32Array): void => expect([0, 1.1]).toContain(view(m)[0])
  expect(verdictOf({ memory: 2, threads: [write, read], races: false })).toBe('assertion')
})

test("what reaches the caller's memory past the explorer is found, and the memory comes back", () => {
  const memory = new SharedArrayBuffer(8)
  const outside = new Int32Array(memory)
  outside[1] = 5
  const run = (body: (m: Int32Array) => void): string =>
    refusal(() => explore({ memory, threads: [body, add] }))
  expect(run((m) => void (add(m), (outside[1] = 9)))).toContain('ERR_EXPLORE_UNSEEN')
  expect(run((m) => void (outside[1] === 5 && add(m)))).toContain('ERR_EXPLORE_UNSEEN')
  const { load } = Atomics
  expect(run((m) => void (load(outside, 1) === 5 && add(m)))).toContain('ERR_EXPLORE_UNSEEN')
  expect([...outside]).toEqual([0, 5])
})

test('atomics on a view made before the run are seen, and so is what a check reads there', () => {
  const memory = new SharedArrayBuffer(4)
  const outside = new Int32Array(memory)
  const body = (): void => void Atomics.add(outside, 0, 1)
  const split = (): void => void Atomics.store(outside, 0, Atomics.load(outside, 0) + 1)
  const finish = (): void => expect(outside[0]).toBe(2)
  expect(verdictOf({ memory, threads: [body, body], finish })).toBe('holds')
  expect(verdictOf({ memory, threads: [split, split], finish })).toBe('assertion')
})

class Mine extends Int32Array {}
const { load, compareExchange } = Atomics
const { Uint8Array: Captured } = globalThis
const other = new Int32Array(new SharedArrayBuffer(4))

test.for<readonly [string, string, (m: Int32Array) => unknown]>([
  ['a class made before the run', 'UNSEEN', (m) => new Mine(m.buffer as unknown as ArrayBuffer)],
  ['a captured constructor', 'UNSEEN', (m) => new Captured(m.buffer)],
  ['a captured load', 'Atomics.load', (m) => load(m, 0)],
  ['a captured compareExchange', 'Atomics.compareExchange', (m) => compareExchange(m, 0, 0, 1)],
  ['atomics on foreign memory', "not the program's", () => Atomics.load(other, 0)],
  ['a view of foreign memory', "not the program's", () => new Int8Array(other.buffer)],
  ['growth', 'grow', (m) => (m.buffer as unknown as { grow(n: number): void }).grow(64)],
  ['waitAsync', 'waitAsync', (m) => Atomics.waitAsync(m, 0, 0)],
  ['an async body', 'promise', async (m) => Promise.resolve(Atomics.load(m, 0))],
  ['a timer', 'setTimeout', () => setTimeout(() => {}, 1)],
])('%s is refused', ([, word, body]) => {
  const threads: ((m: Int32Array) => void)[] = [(m) => (add(m), body(m)), add]
  if (word === 'promise') threads[0] = body
  expect(refusal(() => explore({ memory: 1, threads }))).toContain(word)
})

test('WebAssembly memory is refused', () => {
  const { buffer } = new (
    Reflect.get(globalThis, 'WebAssembly') as { Memory: new (type: object) => { buffer: SharedArrayBuffer } }
  ).Memory({ initial: 1, maximum: 1, shared: true })
  expect(refusal(() => explore({ memory: buffer, threads: [add, add] }))).toContain('WebAssembly')
})

test.for<readonly [string, () => unknown]>([
  ['Math.random', () => Math.random() < 0.5],
  ['getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))[0] === 0],
  ['randomUUID', () => crypto.randomUUID().startsWith('0')],
])('%s: both sides of a branch are tried, and it is never said to hold', ([, asks]) => {
  for (const side of [true, false]) {
    const body = (m: Int32Array): void => {
      add(m)
      if (asks() === side) throw new Error('this side is wrong')
    }
    expect(verdictOf({ memory: 1, threads: [body, add] })).toBe('assertion')
  }
  const both = explore({ memory: 1, threads: [(m) => (asks(), add(m)), add] })
  expect(both).toMatchObject({ verdict: 'passed', limits: [expect.stringContaining('choose(n)')] })
})

test('choose: all alternatives are seen, and the verdict may be that it holds', () => {
  const seen = new Set<number>()
  const body = (m: Int32Array): void => {
    const n = choose(20)
    Atomics.add(m, 0, n)
    if (Atomics.load(m, 0) >= 0) seen.add(n)
  }
  const finish = (m: Int32Array): void => expect(m[0]).not.toBe(38)
  expect(verdictOf({ memory: 1, threads: [body, body], finish })).toBe('assertion')
  expect(verdictOf({ memory: 1, threads: [body, add] })).toBe('holds')
  expect(seen.size).toBe(20)
})

test('state outside of the memory is found', () => {
  let calls = 0
  const body = (m: Int32Array): void => void Atomics.store(m, 0, calls++)
  expect(verdictOf({ memory: 1, threads: [body, add] })).toBe('uncontrolled nondeterminism')
})

test('a wake-up that nobody sent is tried on request, and nobody may live on it', () => {
  const once = (m: Int32Array): void => {
    Atomics.wait(m, 0, 0)
    if (Atomics.load(m, 0) === 0) throw new Error('woken, and the flag is not set')
  }
  expect(verdictOf({ memory: 1, threads: [once, raise] })).toBe('holds')
  expect(verdictOf({ memory: 1, threads: [once, raise], spuriousWakeups: 1 })).toBe('assertion')
  expect(verdictOf({ memory: 1, threads: [await1, raise], spuriousWakeups: 2 })).toBe('holds')
  expect(
    verdictOf({ memory: 1, threads: [(m) => void Atomics.wait(m, 0, 0), add], spuriousWakeups: 1 }),
  ).toBe('lost wake-up')
})

test('eight threads', () => {
  const threads = Array.from({ length: 8 }, () => add)
  const program: Program = { memory: 1, threads, finish: (m) => expect(m[0]).toBe(8) }
  expect(verdictOf(program)).toMatch(/^(holds|passed)$/)
})

test('mustExhaust wants all of it, mustHold says on the console what it has not seen', () => {
  const body = (m: Int32Array): void => {
    for (let i = 0; i < 6; i++) add(m)
  }
  const program: Program = { memory: 1, threads: [body, body, body, body] }
  expect(() => mustExhaust(program, { executions: 50 })).toThrow('The budget ended')
  expect(mustHold(program, { executions: 50 }).limits).toEqual([expect.stringContaining('budget ended')])
  expect(mustExhaust({ memory: 1, threads: [add, add] }).verdict).toBe('holds')
})

test('an error of a body is the cause, and an async check is refused', () => {
  const threads = [add, add]
  const late = { finish: async () => Promise.reject(new Error('late')) } as unknown as Pick<Program, 'finish'>
  expect(refusal(() => explore({ memory: 1, threads, ...late }))).toContain('checks are synchronous')
  const broken = (): unknown => mustHold({ memory: 1, threads, finish: (m) => expect(m[0]).toBe(3) })
  expect(broken).toThrow(expect.objectContaining({ cause: expect.objectContaining({ actual: 2 }) }))
})

test('a check that returns false instead of throwing is refused, not taken for one that holds', () => {
  const program = { memory: 1, threads: [add, add] }
  const wrong = (m: Int32Array): boolean => m[0] === 3
  const right = (m: Int32Array): boolean => m[0] === 2
  expect(refusal(() => explore({ ...program, finish: wrong }))).toContain('returned false')
  expect(refusal(() => explore({ ...program, invariant: wrong }))).toContain('returned false')
  expect(explore({ ...program, finish: right }).verdict).toBe('holds')
})

const blinks =
  (at: number) =>
  (m: Int32Array): void => {
    Atomics.store(m, at, 1)
    Atomics.store(m, at, 0)
  }

test.for([2, 5])('an invariant of words that %i bodies change sees every state between their steps', (n) => {
  const threads = Array.from({ length: n }, (_, at) => blinks(at))
  const invariant = (m: Int32Array): void => {
    if (m.every((one) => one === 1)) throw new Error('all at once')
  }
  const program: Program = { memory: n, threads, invariant }
  expect(verdictOf(program)).toBe('invariant')
  expect(explore(program, { search: 'dpor' }).failure?.kind).toBe('invariant')
  expect(verdictOf({ ...program, memory: n + 1 })).toBe('holds')
})

test('what is explored after a body that never ends is explored as ever', () => {
  const { Atomics: atomics, Date: clock } = globalThis
  const now = Date.now()
  const endless = (): void => {
    for (;;);
  }
  const memory = new SharedArrayBuffer(4)
  new Int32Array(memory)[0] = 5
  const program = { memory, threads: [endless, add] }
  expect(refusal(() => explore(program, { ms: 1 }))).toContain('never comes to an end')
  expect(Date.now()).toBeGreaterThanOrEqual(now)
  expect([globalThis.Atomics, globalThis.Date]).toEqual([atomics, clock])
  expect(new Int32Array(memory)[0]).toBe(5)
  expect(explore({ memory, threads: [add, add] }).verdict).toBe('holds')
})
