import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { read } from '#lockstorm/mem/access.fast'
import { mutex_init } from '#lockstorm/sync/mutex'
import { init_waitqueue_head, wait_event_timeout, waitqueue_active } from '#lockstorm/sync/wait_queue'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('wait_queue')

let here: World
let wq: Addr<'wait_queue_head'>
beforeEach(() => {
  here = world()
  wq = as(here.object)
  init_waitqueue_head(wq)
})

test('a wait for something that never comes true ends with 0 after its time, one that is true does not begin', () => {
  expect(wait_event_timeout(wq, () => false, 1_000_000)).toBe(0)
  expect(wait_event_timeout(wq, () => true, 1_000_000)).toBeGreaterThan(0)
  // Nobody says that the condition has come: who looks once more when the time is up finds it.
  let looks = 0
  expect(wait_event_timeout(wq, () => ++looks > 2, 1_000_000)).toBeGreaterThan(0)
  expect(waitqueue_active(wq)).toBe(false)
})

test('four workers pass a turn round without losing a wake-up', async () => {
  await run(here, 4, 'takeTurns', 500)
  expect(read(here.words)).toBe(2000)
})

test('exclusive waiters take every token, none is left and none is missing', async () => {
  expect(await run(here, 4, 'takeTokens', 3_000)).toEqual([0, 1000, 1000, 1000])
  expect(read(here.words)).toBe(0)
})

test('wake_up_all wakes plain and timed waiters', async () => {
  expect(await run(here, 6, 'waitForFlag')).toEqual([true, true, true, true, true, true])
  expect(waitqueue_active(wq)).toBe(false)
})

test('a sleeper says that it sleeps on the queue, whatever the condition has slept on before', async () => {
  mutex_init(as(here.words), 'test')
  expect(await run(here, 2, 'waitReported')).toEqual([true, true])
})
