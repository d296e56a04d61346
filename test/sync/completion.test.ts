import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { read } from '#lockstorm/mem/access.fast'
import {
  complete,
  complete_all,
  completion_done,
  init_completion,
  reinit_completion,
  try_wait_for_completion,
  wait_for_completion_timeout,
} from '#lockstorm/sync/completion'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('completion')

let here: World
let done: Addr<'completion'>
beforeEach(() => {
  here = world()
  done = as(here.object)
  init_completion(done)
})

test('a completion is remembered for a later waiter, once', () => {
  complete(done)
  expect(completion_done(done)).toBe(true)
  expect(try_wait_for_completion(done)).toBe(true)
  expect(try_wait_for_completion(done)).toBe(false)
})

test('complete_all lets everybody pass until it is taken back', () => {
  complete_all(done)
  complete(done)
  expect(try_wait_for_completion(done)).toBe(true)
  expect(try_wait_for_completion(done)).toBe(true)
  reinit_completion(done)
  expect(completion_done(done)).toBe(false)
})

test('reinit_completion forgets what has been completed and not been waited for', () => {
  complete(done)
  complete(done)
  reinit_completion(done)
  expect(try_wait_for_completion(done)).toBe(false)
  expect(read(done)).toBe(0)
})

test('a timed wait returns 0 in vain and the time that is left otherwise', () => {
  expect(wait_for_completion_timeout(done, 1_000_000)).toBe(0)
  complete(done)
  expect(wait_for_completion_timeout(done, 5e9)).toBeGreaterThan(1)
})

test('as many pass as were completed, and no waiter stays behind', async () => {
  expect(await run(here, 4, 'completeMany', 3_000)).toEqual([0, 1000, 1000, 1000])
  expect(read(done)).toBe(0)
})

test('two completions in a row wake two sleepers', async () => {
  await run(here, 3, 'completeTwice', 200)
  expect(read(done)).toBe(0)
})

test('complete_all wakes all sleepers', async () => {
  expect(await run(here, 6, 'completeAll')).toEqual([0, 1, 1, 1, 1, 1])
})
