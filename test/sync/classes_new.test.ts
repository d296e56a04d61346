/** Latch, Channel, ReentrantMutex, timed barriers, layout: alone, and between threads. */
import { beforeEach, describe, expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { createArena } from '#lockstorm/mem/index'
import {
  Barrier,
  Channel,
  ClosedError,
  Condition,
  DeadlockError,
  Latch,
  layout,
  Mutex,
  ReentrantMutex,
  RwSem,
  Semaphore,
  Srcu,
  TimeoutError,
  UninitializedError,
  words,
} from '#lockstorm/sync/classes/index'
import { bodyModule } from '../setup/bodies.ts'

const { AT } = (await import(
  String(bodyModule('sync_classes'))
)) as typeof import('../bodies/sync_classes.ts')

let memory: SharedArrayBuffer
beforeEach(() => {
  memory = new SharedArrayBuffer(8192)
})

function run<T>(body: string, cpus: number, rounds: number): Promise<T[]> {
  const sab = createArena(1 << 16, 8)
  return runBodies<T>({ sab, cpus, module: bodyModule('sync_classes'), body, arg: { memory, rounds } })
}

test('what goes into a channel comes out once, between threads', async () => {
  Channel.init(memory, AT.channel, 4)
  Latch.init(memory, AT.latch, 2)
  const sums = await run<number>('pipe', 4, 2_000)
  expect(sums.reduce((sum, n) => sum + n, 0)).toBe(2_000 * 2_001)
})

test('upgraded readers write alone, and nobody writes between', async () => {
  expect(await run('upgrade', 4, 800)).toEqual([0, 0, 0, 0])
  expect(new Int32Array(memory)[AT.values]).toBe(800)
  expect(new Int32Array(memory)[AT.values + 2]).toBe(800)
})

test('a party that gives up at a barrier is not counted', async () => {
  Barrier.init(memory, AT.barrier, 3)
  expect(await run('meet', 3, 200)).toEqual([200, 200, 200])
  expect(new Barrier(memory, AT.barrier).waitFor(1)).toBe(false)
})

describe('Channel', () => {
  test('carries integers, words and bytes, in order', () => {
    const numbers = Channel.init(memory, 0, 2)
    expect([numbers.trySend(1), numbers.trySend(-2), numbers.trySend(3)]).toEqual([true, true, false])
    expect([numbers.length, numbers.capacity]).toEqual([2, 2])
    expect([numbers.receive(), numbers.tryReceive(), numbers.receiveFor(1)]).toEqual([1, -2, undefined])
    const pairs = Channel.init(memory, 256, 2, { words: 2 })
    pairs.send(Int32Array.of(7, -8))
    expect(pairs.receive()).toEqual(Int32Array.of(7, -8))
    const texts = Channel.init(memory, 512, 2, { bytes: 9 })
    texts.send(new TextEncoder().encode('lock'))
    texts.send(new Uint8Array(0))
    expect(new TextDecoder().decode(texts.receive())).toBe('lock')
    expect(texts.receive()).toHaveLength(0)
  })

  test('closed: senders throw, receivers get what is left', async () => {
    const it = Channel.init(memory, 0, 4)
    it.send(5)
    it.close()
    it.close()
    expect(it.closed).toBe(true)
    expect(() => it.send(6)).toThrow(ClosedError)
    expect(() => it.trySend(6)).toThrow('Channel.trySend: the channel is closed')
    await expect(it.sendAsync(6)).rejects.toThrow(ClosedError)
    expect([it.receive(), it.receive(), await it.receiveAsync()]).toEqual([5, undefined, undefined])
  })

  test('without blocking: each side waits for the other', async () => {
    const it = Channel.init(memory, 0, 1)
    const got: number[] = []
    const receiver = (async () => {
      for await (const element of it) got.push(element)
    })()
    for (const n of [1, 2, 3, 4]) await it.sendAsync(n, { timeoutMs: 60_000 })
    it.close()
    await receiver
    expect(got).toEqual([1, 2, 3, 4])
  })

  test('gives up in time, and misuse throws', async () => {
    const it = Channel.init(memory, 0, 1)
    await expect(it.receiveAsync({ timeoutMs: 5 })).rejects.toThrow(TimeoutError)
    it.send(1)
    expect(it.sendFor(2, 1)).toBe(false)
    await expect(it.sendAsync(2, { timeoutMs: 5 })).rejects.toThrow(TimeoutError)
    expect(() => it.send(0.5)).toThrow(RangeError)
    expect(() => it.send('1' as never)).toThrow(TypeError)
    expect(() => Channel.init(memory, 256, 1, { words: 2 }).send(new Int32Array(3))).toThrow(RangeError)
    expect(() => Channel.init(memory, 512, 1, { bytes: 2 }).send(new Uint8Array(3))).toThrow(RangeError)
    expect(() => Channel.words(0)).toThrow(RangeError)
    expect(() => Channel.init(memory, 0, 1 << 20)).toThrow(RangeError)
    expect(() => new Channel(memory, 1024).receive()).toThrow(UninitializedError)
  })
})

describe('Latch', () => {
  test('opens at 0 and stays open', async () => {
    const it = Latch.init(memory, 0, 3)
    const waited = it.waitAsync()
    expect([it.waitFor(1), it.tryWait(), it.count]).toEqual([false, false, 3])
    it.countDown(2)
    await expect(it.waitAsync({ timeoutMs: 5 })).rejects.toThrow(TimeoutError)
    it.arriveAndWait()
    await waited
    it.wait()
    expect([it.waitFor(1), it.tryWait(), it.count]).toEqual([true, true, 0])
    expect(() => it.countDown()).toThrow('n must be at most what is to go')
    expect(() => Latch.init(memory, 8, -1)).toThrow(RangeError)
  })
})

describe('ReentrantMutex', () => {
  test('is free when it has been given back as often as taken', () => {
    const it = new ReentrantMutex(memory, 0)
    const guards = [it.hold(), it.hold(), it.tryHold(), it.holdFor(5)]
    expect(it.depth).toBe(4)
    for (const guard of guards) guard?.release()
    for (const guard of guards) guard?.release()
    expect([it.depth, it.locked]).toEqual([0, false])
    expect(() => it.unlock()).toThrow('ReentrantMutex.unlock')
  })

  test('tasks of one thread exclude each other', async () => {
    const it = new ReentrantMutex(memory, 0)
    const guard = await it.lockAsync()
    expect(() => it.lock()).toThrow(DeadlockError)
    expect(it.tryLock()).toBe(false)
    await expect(it.lockAsync({ timeoutMs: 5 })).rejects.toThrow(TimeoutError)
    guard.release()
    it.lock()
    it.lock()
    expect(() => new Condition(memory, 16).wait(it)).toThrow(DeadlockError)
  })
})

describe('layout', () => {
  const shared = layout({
    lock: Mutex,
    table: RwSem,
    jobs: Channel.of(8, { words: 2 }),
    units: Semaphore.of(3),
    meet: Barrier.of(2),
    srcu: Srcu.of(4),
    totals: words(5),
  })

  test('places parts on cache lines of their own, and knows its size', () => {
    const places = Object.values(shared.places)
    expect(places.every((place) => place % 16 === 0)).toBe(true)
    expect(new Set(places).size).toBe(places.length)
    const made = shared.create()
    expect(made.memory.byteLength).toBe(shared.bytes)
    made.lock.run(() => made.jobs.send(Int32Array.of(1, 2)))
    expect(made.units.units).toBe(3)
    made.totals[4] = 9
    const again = shared.attach(made.memory)
    expect(again.jobs.receive()).toEqual(Int32Array.of(1, 2))
    expect([again.totals[4], again.totals.length]).toEqual([9, 5])
    again.srcu.unlock(again.srcu.lock())
  })

  test('packs when told to, and takes a place in a larger memory', () => {
    const packed = layout({ a: Mutex, b: Mutex }, { padding: false })
    expect(packed.bytes).toBeLessThan(64)
    const made = packed.init(memory, 100)
    made.b.lock()
    expect(new Mutex(memory, 100 + packed.places.b).isHeldByMe).toBe(true)
    expect(() => packed.init(memory, 2044)).toThrow(RangeError)
  })

  test('refuses what is no part, and a memory of another layout', () => {
    expect(() => layout({ lock: 7 as never })).toThrow('layout: lock must be a class with WORDS')
    expect(() => layout({ memory: Mutex })).toThrow(TypeError)
    expect(() => shared.attach(layout({ lock: Mutex }).create().memory)).toThrow(UninitializedError)
    expect(() => shared.attach(new SharedArrayBuffer(shared.bytes))).toThrow(UninitializedError)
    expect(() => words(0)).toThrow(RangeError)
  })
})
