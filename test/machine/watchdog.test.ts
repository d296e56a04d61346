import { beforeEach, describe, expect, test } from 'vitest'
import { mailbox } from '#lockstorm/machine/globals'
import { Stopwatch, Watchdog } from '#lockstorm/machine/watchdog'
import { task_of, task_struct } from '#lockstorm/mem/index'

test('a stopwatch counts time that is watched, and hardly any of a pause of the whole computer', () => {
  const watch = new Stopwatch(1_000)
  expect(watch.look(1_100)).toBe(100)
  expect(watch.look(1_150)).toBe(150)
  const before = watch.look(1_200)
  const after = watch.look(101_200)
  expect(after - before).toBeLessThan(500)
})

describe('a watchdog over two CPUs', () => {
  const boxes = [3_000, 3_100]
  const DONE = mailbox.offset.done
  const patience = { hangMs: 400, damagedMs: 100, budgetMs: 10_000 }
  let view = new Int32Array(new SharedArrayBuffer(4))
  let dog = new Watchdog(view, [], 1, 0)
  let now = 0

  const set = (cpu: number, field: 'heartbeat' | 'blocked_on', value: number): void => {
    view[task_of(cpu) + task_struct.offset[field]] = value
  }
  /** Looks ten times per 500 ms; the first verdict. */
  const look = (ms: number, damaged = false): string | undefined => {
    for (const end = now + ms; now < end;) {
      now += 50
      const verdict = dog.look(now, patience, damaged)
      if (verdict !== undefined) return `${verdict.kind} ${verdict.cpu}`
    }
    return undefined
  }

  beforeEach(() => {
    view = new Int32Array(new SharedArrayBuffer(16_384))
    dog = new Watchdog(view, boxes, 1, 0)
    now = 0
  })

  test('sees a CPU that neither sleeps nor makes progress', () => {
    expect(look(350)).toBeUndefined()
    set(0, 'heartbeat', 1)
    expect(look(150)).toBe('hang 1')
  })

  test('lets a CPU sleep as long as another one makes progress, and gives it time when it wakes', () => {
    set(0, 'blocked_on', 77)
    for (let i = 1; i < 20; i++) {
      set(1, 'heartbeat', i)
      expect(look(300)).toBeUndefined()
    }
    set(0, 'blocked_on', 0)
    set(1, 'blocked_on', 78)
    expect(look(350)).toBeUndefined()
    expect(look(150)).toBe('hang 0')
  })

  test('gives those who waited for a CPU their time after it has finished', () => {
    set(0, 'blocked_on', 77)
    for (let i = 1; i < 5; i++) {
      set(1, 'heartbeat', i)
      expect(look(300)).toBeUndefined()
    }
    view[(boxes[1] as number) + DONE] = 1
    expect(look(350)).toBeUndefined()
    expect(look(150)).toBe('deadlock -1')
  })

  test('is quick when a task has died', () => {
    set(0, 'blocked_on', 77)
    set(1, 'blocked_on', 77)
    expect(look(50, true)).toBeUndefined()
    expect(look(100, true)).toBe('deadlock -1')
  })

  test('ends what takes too long although it makes progress', () => {
    const found = Array.from({ length: 200 }, (_, i) => {
      set(0, 'heartbeat', i)
      set(1, 'heartbeat', i)
      return look(100)
    })
    expect(found.find((verdict) => verdict !== undefined)).toBe('budget -1')
  })

  test('ends what counts more heartbeats than it may, however soon, and not before', () => {
    const bounded = { ...patience, budgetMs: Infinity, budgetBeats: 1_000 }
    const beat = (heartbeat: number): string | undefined => {
      now += 50
      for (const cpu of [0, 1]) set(cpu, 'heartbeat', heartbeat)
      return dog.look(now, bounded, false)?.message
    }
    expect(beat(500)).toBeUndefined()
    expect(beat(501)).toBe('the round is not over after 1002 heartbeats')
  })

  test('bounds no time where heartbeats are bounded: a slow round goes on, through a clock that stops and goes on', () => {
    const bounded = { ...patience, budgetMs: Infinity, budgetBeats: 1_000_000 }
    const verdicts = Array.from({ length: 1_000 }, (_, i) => {
      now += i % 100 === 0 ? 3_600_000 : 200
      for (const cpu of [0, 1]) set(cpu, 'heartbeat', i)
      return dog.look(now, bounded, false)
    })
    expect(verdicts.filter((verdict) => verdict !== undefined)).toEqual([])
  })

  test('says nothing when all have finished', () => {
    for (const box of boxes) view[box + DONE] = 1
    expect(look(20_000)).toBeUndefined()
  })
})
