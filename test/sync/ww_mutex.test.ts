import { beforeEach, describe, expect, test } from 'vitest'
import { as, NULL, type Addr } from '#lockstorm/base/addr'
import { EALREADY, EDEADLK } from '#lockstorm/base/errno'
import { read } from '#lockstorm/mem/access.fast'
import * as sync from '#lockstorm/sync/index'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('ww_mutex')

let here: World
let a: Addr<'ww_mutex'>
let b: Addr<'ww_mutex'>
let ww: Addr<'ww_class'>
let ctx: Addr<'ww_acquire_ctx'>
beforeEach(() => {
  here = world(128)
  a = as(here.object)
  b = as(here.object + 16)
  ww = as(here.words)
  ctx = as(here.words + 16)
  sync.ww_mutex_init(a, 'a')
  sync.ww_mutex_init(b, 'b')
})

describe.each([
  ['wait-die', true],
  ['wound-wait', false],
])('%s', (_, waitDie) => {
  beforeEach(() => {
    sync.ww_class_init(ww, waitDie)
  })

  test('a context that has the lock is told so, and counts what it has', () => {
    sync.ww_acquire_init(ctx, ww, 'test')
    expect(sync.ww_mutex_lock(a, ctx)).toBe(0)
    expect(sync.ww_mutex_lock(a, ctx)).toBe(-EALREADY)
    expect(sync.ww_mutex_trylock(b, ctx)).toBe(true)
    expect(sync.ww_acquired(ctx)).toBe(2)
    sync.ww_mutex_unlock(b)
    sync.ww_mutex_unlock(a)
    expect(sync.ww_acquired(ctx)).toBe(0)
    sync.ww_acquire_fini(ctx)
  })

  test('the end of a context with locks in hand is a BUG', () => {
    sync.ww_acquire_init(ctx, ww, 'test')
    sync.ww_mutex_lock(a, ctx)
    expect(() => {
      sync.ww_acquire_fini(ctx)
    }).toThrow('1 locks are still held')
  })

  test('of two that have what the other wants, the younger backs off and the older gets both', async () => {
    expect(await run(here, 2, 'wwConflict')).toEqual([0, -EDEADLK])
  })

  test.each([2, 4])('%i workers that take two locks in opposite orders all get through', async (cpus) => {
    await run(here, cpus, 'wwPairs', 500)
    expect(read(here.words + 8)).toBe(cpus * 500)
  })
})

test('without a context it is a mutex: unlock by a stranger throws', () => {
  expect(() => {
    sync.ww_mutex_unlock(a)
  }).toThrow('not held')
  expect(sync.ww_mutex_trylock(a, NULL)).toBe(true)
  expect(sync.ww_mutex_trylock(a, NULL)).toBe(false)
})
