import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { createArena } from '#lockstorm/mem/index'
import { kref_get_unless_zero, kref_init, kref_put, kref_put_mutex, kref_read } from '#lockstorm/sync/kref'
import { mutex_init, mutex_is_locked, mutex_unlock } from '#lockstorm/sync/mutex'
import {
  REFCOUNT_SATURATED,
  refcount_dec,
  refcount_dec_and_test,
  refcount_dec_not_one,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_read,
  refcount_set,
} from '#lockstorm/sync/refcount'
import { bodiesOf, world } from './world.ts'

const run = bodiesOf('refs')

const REFCOUNT_MAX = 0x7fff_ffff
const r = as<'refcount_struct'>(4096)
const k = as<'kref'>(4096)
beforeEach(() => {
  createArena(1 << 16, 1)
})

test('the last put, and no other, says so', () => {
  refcount_set(r, 2)
  expect(refcount_dec_and_test(r)).toBe(false)
  expect(refcount_dec_and_test(r)).toBe(true)
})

test('nobody gets a reference from zero', () => {
  refcount_set(r, 0)
  expect(refcount_inc_not_zero(r)).toBe(false)
  expect(refcount_read(r)).toBe(0)
})

test.each([
  ['inc from zero', 0, refcount_inc],
  ['inc past the end', REFCOUNT_MAX, refcount_inc],
  ['inc_not_zero past the end', REFCOUNT_MAX, refcount_inc_not_zero],
  ['dec_and_test below zero', 0, refcount_dec_and_test],
  ['dec to zero', 1, refcount_dec],
  ['dec below zero', 0, refcount_dec],
  ['inc of a saturated one', REFCOUNT_SATURATED, refcount_inc],
  ['inc_not_zero of a saturated one', REFCOUNT_SATURATED, refcount_inc_not_zero],
  ['dec of a saturated one', REFCOUNT_SATURATED, refcount_dec],
  ['dec_and_test of a saturated one', REFCOUNT_SATURATED, refcount_dec_and_test],
  ['dec_not_one below zero', 0, refcount_dec_not_one],
] as [string, number, (r: Addr<'refcount_struct'>) => unknown][])(
  '%s saturates for ever',
  (_what, start, op) => {
    refcount_set(r, start)
    op(r)
    expect(refcount_read(r)).toBe(REFCOUNT_SATURATED)
    for (let i = 0; i < 5; i++) expect(refcount_dec_and_test(r)).toBe(false)
    expect(refcount_read(r)).toBeLessThan(0)
  },
)

test('the last count that is one can be reached and left', () => {
  refcount_set(r, REFCOUNT_MAX - 1)
  refcount_dec(r)
  refcount_inc(r)
  refcount_inc(r)
  expect(refcount_read(r)).toBe(REFCOUNT_MAX)
  refcount_inc(r)
  expect(refcount_read(r)).toBe(REFCOUNT_SATURATED)
})

test('dec_not_one leaves the last reference alone', () => {
  refcount_set(r, 2)
  expect(refcount_dec_not_one(r)).toBe(true)
  expect(refcount_dec_not_one(r)).toBe(false)
  expect(refcount_read(r)).toBe(1)
})

test('kref_put_mutex calls release with the mutex held, for the last reference only', () => {
  const lock = as<'mutex'>(4200)
  mutex_init(lock, 'test')
  kref_init(k)
  expect(kref_get_unless_zero(k)).toBe(true)
  let held: boolean[] = []
  const release = (): void => {
    held.push(mutex_is_locked(lock))
    mutex_unlock(lock)
  }
  expect(kref_put_mutex(k, release, lock)).toBe(false)
  expect(kref_put_mutex(k, release, lock)).toBe(true)
  expect(held).toEqual([true])
  expect(mutex_is_locked(lock)).toBe(false)
})

test('four workers that get and put release exactly once, at the end', async () => {
  const here = world()
  const shared = as<'kref'>(here.object)
  kref_init(shared)
  for (let i = 1; i < 4; i++) kref_get_unless_zero(shared)
  const released = await run<number>(here, 4, 'getAndPut', 5_000)
  expect(released.reduce((sum, n) => sum + n, 0)).toBe(1)
  expect(kref_read(shared)).toBe(0)
  expect(kref_put(shared, () => {})).toBe(false)
})
