/** semaphore, condition, barrier, once and pointers under RCU: what the contract suites do not ask. */
import { beforeEach, describe, expect, test } from 'vitest'
import { as } from '#lockstorm/base/addr'
import { ETIME } from '#lockstorm/base/errno'
import { attachArena } from '#lockstorm/mem/index'
import { read } from '#lockstorm/mem/access.fast'
import * as sync from '#lockstorm/sync/index'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('waiting')

let here: World
beforeEach(() => {
  here = world()
})

describe('semaphore', () => {
  test('units are taken and given back, several at a time', () => {
    const sem = as<'semaphore'>(here.object)
    sync.sema_init(sem, 3)
    sync.down(sem, 2)
    expect(sync.sema_units(sem)).toBe(1)
    expect(sync.down_trylock(sem, 2)).toBe(1)
    expect(sync.down_trylock(sem)).toBe(0)
    expect(sync.down_timeout(sem, 1_000)).toBe(-ETIME)
    attachArena(here.sab, 1)
    sync.up(sem, 3)
    expect(sync.sema_units(sem)).toBe(3)
  })
})

describe('mutex', () => {
  test('knows its owner, and who may give it back', () => {
    const lock = as<'mutex'>(here.object)
    sync.mutex_init(lock, 'test')
    expect([sync.mutex_is_locked(lock), sync.mutex_owner_cpu(lock)]).toEqual([false, -1])
    sync.mutex_lock(lock)
    expect([sync.mutex_is_locked(lock), sync.mutex_owner_cpu(lock)]).toEqual([true, 0])
    expect(sync.mutex_trylock(lock)).toBe(false)
    sync.mutex_unlock(lock)
    expect(sync.mutex_trylock(lock)).toBe(true)
  })
})

describe('condition', () => {
  test('a broadcast reaches all, and each has the mutex when it goes on', async () => {
    expect(await run(here, 5, 'broadcast')).toEqual(Array(5).fill(true))
  })

  test('a timed wait ends with the mutex taken', () => {
    const lock = as<'mutex'>(here.object)
    sync.mutex_lock(lock)
    expect(sync.condition_wait_timeout(as(here.object + 16), lock, 1_000)).toBe(-ETIME)
    expect(sync.mutex_owner_cpu(lock)).toBe(0)
  })
})

test('a barrier lets nobody into the next round before all are there, and one is the last', async () => {
  sync.barrier_init(as(here.object), 8)
  const last = await run<number>(here, 8, 'meet', 300)
  expect(Math.min(...last)).toBeGreaterThanOrEqual(0)
  expect(last.reduce((sum, n) => sum + n, 0)).toBe(300)
})

test('the control, without the barrier, is caught', async () => {
  expect(Math.min(...(await run<number>(here, 8, 'apart', 300)))).toBe(-1)
})

test('once is done once, and begins anew after init', () => {
  const o = as<'once'>(here.object)
  expect([sync.call_once(o, () => {}), sync.call_once(o, () => {}), sync.once_done(o)]).toEqual([
    true,
    false,
    true,
  ])
  sync.once_init(o)
  expect(sync.once_done(o)).toBe(false)
})

test('a pointer is published, followed and replaced', () => {
  const p = here.words
  sync.rcu_assign_pointer(p, 40)
  const ssp = as<'srcu_struct'>(here.object)
  sync.init_srcu_struct(ssp, 'test')
  const idx = sync.srcu_read_lock(ssp)
  expect(sync.srcu_dereference(p, ssp)).toBe(40)
  expect(sync.rcu_replace_pointer(p, 48, 0)).toBe(40)
  sync.srcu_read_unlock(ssp, idx)
  expect(sync.rcu_access_pointer(p)).toBe(48)
  expect(sync.rcu_dereference_check(p, true)).toBe(48)
  expect(sync.rcu_dereference_protected(p, true)).toBe(48)
  expect(read(p)).toBe(48)
})
