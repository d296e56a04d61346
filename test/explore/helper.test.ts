import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  cpuRelax,
  explore,
  ExplorationError,
  isControl,
  mustHold,
  replay,
  type Program,
} from '#lockstorm/explore/helper/index'

const EXAMPLE = join(import.meta.dirname, 'example.mjs')
const count = (m: Int32Array): void => {
  Atomics.add(m, 0, 1)
}

test("the README's example is the one that runs, and it finds a lost wake-up", () => {
  const source = readFileSync(EXAMPLE, 'utf8').trim()
  expect(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')).toContain(source)
  const { status, stderr } = spawnSync(process.execPath, [EXAMPLE], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('program: lost wake-up')
  expect(stderr).toContain('Atomics.wait(lock, 1)   /* sleeps */   example.mjs:6')
})

test('a correct program is exhausted and its memory is as before', () => {
  const memory = new SharedArrayBuffer(8)
  new Int32Array(memory)[1] = 7
  const verdict = mustHold({
    memory,
    threads: [count, count, count],
    finish: (m) => {
      expect(Array.from(m)).toEqual([3, 7])
    },
  })
  expect(verdict.verdict).toBe('holds')
  expect(Array.from(new Int32Array(memory))).toEqual([0, 7])
})

test('code that makes its own views, plain accesses and methods of arrays are seen', () => {
  const body = (m: Int32Array): void => {
    const own = new Int32Array(m.buffer, 4, 2)
    const part = m.subarray(1)
    while (Atomics.compareExchange(m, 0, 0, 1) !== 0) Atomics.wait(m, 0, 1)
    own[0] = (own[0] ?? 0) + 1
    part.set([part.at(0)! * 10], 1)
    Atomics.store(m, 0, 0)
    Atomics.notify(m, 0)
  }
  const program: Program = {
    memory: 3,
    setup: (m) => m.fill(0),
    threads: [body, body],
    finish: (m) => {
      expect(m.slice(1).join()).toBe('2,20')
    },
  }
  expect(explore(program).verdict).toBe('holds')
})

test('an increment without a lock is a data race; without races it loses a count', () => {
  const body = (m: Int32Array): void => {
    m[0] = m[0]! + 1
  }
  expect(explore({ memory: 1, threads: [body, body] }).failure?.kind).toBe('data race')
  const split = (m: Int32Array): void => void Atomics.store(m, 0, Atomics.load(m, 0) + 1)
  const finish = (m: Int32Array): void => {
    expect(m[0]).toBe(2)
  }
  const { failure } = explore({ memory: 1, threads: [split, split], finish })
  expect(failure).toMatchObject({ kind: 'assertion', preemptions: 1 })
})

test('a failing schedule is replayed identically', () => {
  const split = (m: Int32Array): void => void Atomics.store(m, 0, Atomics.load(m, 0) + 1)
  const program: Program = {
    name: 'split',
    memory: 1,
    threads: [split, split],
    invariant: (m) => {
      if (m[0]! > 1) throw new Error('two')
    },
  }
  const { failure } = explore(program)
  expect(failure?.kind).toBe('invariant')
  for (let i = 0; i < 20; i++) {
    expect(replay(program, failure?.replay ?? '')).toMatchObject({
      outcome: 'invariant',
      sameCode: true,
      ladder: failure?.ladder,
    })
  }
})

test('spinning: with Atomics.pause or cpuRelax it is finite, without it runs into the step limit', () => {
  const holder = (m: Int32Array): void => void Atomics.store(m, 0, 1)
  const spin = (relax: () => void) => (m: Int32Array) => {
    while (Atomics.load(m, 0) === 0) relax()
  }
  const { pause } = { pause: (): void => (Atomics as unknown as { pause(): void }).pause() }
  expect(explore({ memory: 1, threads: [holder, spin(cpuRelax)] }).verdict).toBe('holds')
  expect(explore({ memory: 1, threads: [holder, spin(pause)] }).verdict).toBe('holds')
  const bare = { memory: 1, threads: [holder, spin(() => {})], maxSteps: 50 }
  expect(explore(bare, { search: 'dpor' }).failure?.kind).toBe('step limit')
})

test('time is virtual, waits time out when nothing else can run', () => {
  const times = new Set<string>()
  const body = (m: Int32Array): void => {
    const before = Date.now()
    const result = Atomics.wait(m, 0, 0, 500)
    times.add(`${result} ${Date.now() - before >= 500}`)
    Atomics.add(m, 1, 1)
  }
  expect(explore({ memory: 2, threads: [body, count] }).verdict).toBe('holds')
  expect([...times].toSorted()).toEqual(['not-equal false', 'timed-out true'])
})

test('the globals come back, and memory of the thread stays with the hardware', () => {
  const current = (): unknown[] => [
    Atomics,
    Int32Array,
    Date.now,
    Math.random,
    Reflect.get(performance, 'now'),
  ]
  const globals = current()
  const other = new Int32Array(1)
  const body = (m: Int32Array): void => {
    Atomics.load(other, 0)
    Atomics.add(m, 0, 1)
    expect(new Int32Array([1, 2])[1]).toBe(2)
  }
  expect(explore({ memory: 1, threads: [body, body] }).verdict).toBe('holds')
  expect(current().map((value, i) => value === globals[i])).toEqual([true, true, true, true, true])
})

test('what cannot be explored is refused', () => {
  expect(() => explore({ memory: 1, threads: [count] })).toThrow('2 to 8 threads')
  const far = (m: Int32Array): void => void Atomics.load(m, 1)
  expect(explore({ memory: 1, threads: [far, count] }).failure?.message).toContain('Invalid atomic access')
  const late = (m: Int32Array): void => void Atomics.waitAsync(m, 0, 0)
  expect(() => explore({ memory: 1, threads: [late, count] })).toThrow('exploreAsync')
  const nested = (m: Int32Array): void => {
    count(m)
    explore({ memory: 1, threads: [count, count] })
  }
  expect(() => explore({ memory: 1, threads: [nested, count] })).toThrow('one exploration')
  expect(isControl(new Error('mine'))).toBe(false)
  expect(() => mustHold({ memory: 1, threads: [far, count] })).toThrow(ExplorationError)
})
