import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { ENOMEM } from '#lockstorm/base/errno'
import { set_fail_nth } from '#lockstorm/mem/fault'
import {
  percpu_ref_exit,
  percpu_ref_get,
  percpu_ref_init,
  percpu_ref_is_dying,
  percpu_ref_is_zero,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_reinit,
  percpu_ref_tryget,
  percpu_ref_tryget_live,
} from '#lockstorm/sync/percpu_ref'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('refs')

let here: World
let ref: Addr<'percpu_ref'>
beforeEach(() => {
  here = world()
  ref = as(here.object)
  percpu_ref_init(ref, 'test')
})

test('a killed count refuses newcomers and reaches zero with the last put', () => {
  expect(percpu_ref_tryget_live(ref)).toBe(true)
  percpu_ref_get(ref)
  percpu_ref_kill(ref)
  expect(percpu_ref_is_dying(ref)).toBe(true)
  expect(percpu_ref_tryget_live(ref)).toBe(false)
  expect(percpu_ref_tryget(ref)).toBe(true)
  for (let i = 0; i < 3; i++) {
    expect(percpu_ref_is_zero(ref)).toBe(false)
    percpu_ref_put(ref)
  }
  expect(percpu_ref_is_zero(ref)).toBe(true)
  expect(percpu_ref_tryget(ref)).toBe(false)
})

test('a second kill changes nothing', () => {
  percpu_ref_tryget_live(ref)
  percpu_ref_kill(ref)
  percpu_ref_kill(ref)
  expect(percpu_ref_is_zero(ref)).toBe(false)
})

test('a count that reached zero can live again', () => {
  percpu_ref_kill(ref)
  percpu_ref_reinit(ref)
  expect(percpu_ref_tryget_live(ref)).toBe(true)
  percpu_ref_kill(ref)
  expect(percpu_ref_is_zero(ref)).toBe(false)
  percpu_ref_put(ref)
  expect(percpu_ref_is_zero(ref)).toBe(true)
})

test('init fails with -ENOMEM when the counters cannot be had, and exit gives them back', () => {
  percpu_ref_exit(ref)
  set_fail_nth(1)
  expect(percpu_ref_init(ref, 'test')).toBe(-ENOMEM)
})

test('nobody uses the object once the killer has waited', async () => {
  expect(await run(here, 5, 'percpuUse')).toEqual([0, 0, 0, 0, 0])
  expect(percpu_ref_is_zero(ref)).toBe(true)
})

test('references taken on one CPU may be put on another', async () => {
  expect(await run(here, 3, 'percpuHandOver', 20_000)).toEqual([true, true, true])
  expect(percpu_ref_is_zero(ref)).toBe(true)
})
