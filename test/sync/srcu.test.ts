import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { EALREADY, ENOMEM } from '#lockstorm/base/errno'
import { read, write } from '#lockstorm/mem/access.fast'
import { set_fail_nth } from '#lockstorm/mem/fault'
import {
  call_srcu,
  cleanup_srcu_struct,
  get_state_synchronize_srcu,
  init_srcu_struct,
  poll_state_synchronize_srcu,
  SRCU_CALLBACKS_QUEUED,
  SRCU_READERS_INSIDE,
  srcu_barrier,
  srcu_callbacks,
  srcu_cleanup_text,
  srcu_process_callbacks,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_readers_active,
  start_poll_synchronize_srcu,
  synchronize_srcu,
  synchronize_srcu_expedited,
} from '#lockstorm/sync/srcu'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('srcu')

let here: World
let ssp: Addr<'srcu_struct'>
const mark = srcu_callbacks.define('test_mark', (head) => {
  write(head + 3, read(head + 3) + 1)
})
beforeEach(() => {
  here = world(4 * 4 * 100)
  ssp = as(here.object)
  init_srcu_struct(ssp, 'test')
})

test('a grace period without readers ends at once, and the index has moved', () => {
  const before = srcu_read_lock(ssp)
  srcu_read_unlock(ssp, before)
  synchronize_srcu(ssp)
  const after = srcu_read_lock(ssp)
  srcu_read_unlock(ssp, after)
  expect(after).not.toBe(before)
  synchronize_srcu_expedited(ssp)
  expect(srcu_readers_active(ssp)).toBe(0)
})

test('a cookie is not reached while a reader is inside, and is afterwards', () => {
  const idx = srcu_read_lock(ssp)
  const cookie = start_poll_synchronize_srcu(ssp)
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(false)
  srcu_read_unlock(ssp, idx)
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(true)
})

test('a cookie that nobody started is reached by somebody else’s grace period', () => {
  const cookie = get_state_synchronize_srcu(ssp)
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(false)
  synchronize_srcu(ssp)
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(true)
})

test('readers come and go while a grace period waits; it ends with the last that was there before it', () => {
  const before = [srcu_read_lock(ssp), srcu_read_lock(ssp)] as const
  const cookie = start_poll_synchronize_srcu(ssp)
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(false)
  for (let i = 0; i < 3; i++) srcu_read_unlock(ssp, srcu_read_lock(ssp))
  const late = srcu_read_lock(ssp)
  srcu_read_unlock(ssp, before[0])
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(false)
  srcu_read_unlock(ssp, before[1])
  expect(poll_state_synchronize_srcu(ssp, cookie)).toBe(true)
  srcu_read_unlock(ssp, late)
})

test('a cookie taken while a grace period is under way needs the next one', () => {
  const idx = srcu_read_lock(ssp)
  const first = start_poll_synchronize_srcu(ssp)
  poll_state_synchronize_srcu(ssp, first)
  const second = get_state_synchronize_srcu(ssp)
  expect(second).toBeGreaterThan(first)
  srcu_read_unlock(ssp, idx)
  expect(poll_state_synchronize_srcu(ssp, first)).toBe(true)
  expect(poll_state_synchronize_srcu(ssp, second)).toBe(false)
})

test('a callback waits for the reader that was inside, then runs once', () => {
  const idx = srcu_read_lock(ssp)
  expect(call_srcu(ssp, as(here.words), mark)).toBe(0)
  expect(srcu_process_callbacks(ssp)).toBe(0)
  srcu_read_unlock(ssp, idx)
  expect(srcu_process_callbacks(ssp)).toBe(1)
  expect(srcu_process_callbacks(ssp)).toBe(0)
  expect(read(here.words + 3)).toBe(1)
})

test('a callback that is queued already is refused', () => {
  call_srcu(ssp, as(here.words), mark)
  expect(call_srcu(ssp, as(here.words), mark)).toBe(-EALREADY)
  srcu_barrier(ssp)
  expect(read(here.words + 3)).toBe(1)
})

test('callbacks run in the order they were queued', () => {
  const order: number[] = []
  const note = srcu_callbacks.define('test_note', (head) => {
    order.push(head)
  })
  for (let i = 0; i < 3; i++) call_srcu(ssp, as(here.words + 4 * i), note)
  srcu_barrier(ssp)
  expect(order).toEqual([here.words, here.words + 4, here.words + 8])
})

test('cleanup names what is still going on and keeps the counters then', () => {
  const idx = srcu_read_lock(ssp)
  expect(cleanup_srcu_struct(ssp)).toBe(SRCU_READERS_INSIDE)
  srcu_read_unlock(ssp, idx)
  call_srcu(ssp, as(here.words), mark)
  expect(srcu_cleanup_text(cleanup_srcu_struct(ssp))).toContain('srcu_barrier is missing')
  expect(cleanup_srcu_struct(ssp)).toBe(SRCU_CALLBACKS_QUEUED)
  srcu_barrier(ssp)
  expect(cleanup_srcu_struct(ssp)).toBe(0)
  expect(srcu_cleanup_text(0)).toBe('')
})

test('init fails with -ENOMEM when the counters cannot be had', () => {
  set_fail_nth(1)
  expect(init_srcu_struct(ssp, 'test')).toBe(-ENOMEM)
})

test.each(['srcuReaders', 'srcuPolled'])(
  'no reader sees an element after its grace period (%s)',
  async (body) => {
    write(here.words + 1, 1)
    expect(await run(here, 4, body, 300)).toEqual([0, 0, 0, 0])
  },
)

test('the control with one drain lets readers see freed elements', async () => {
  write(here.words + 1, 1)
  expect(await run(here, 2, 'srcuBusted')).toEqual([false, true])
})

test('many updaters share grace periods and all come through', async () => {
  expect(await run(here, 8, 'srcuManyUpdaters', 300)).toEqual(Array(8).fill(300))
  expect(cleanup_srcu_struct(ssp)).toBe(0)
})

test('a reader may end on another CPU than it began on, and the updater wakes', async () => {
  expect(await run(here, 3, 'srcuUpElsewhere')).toEqual([true, true, true])
})

test('srcu_barrier waits for the callbacks of all CPUs', async () => {
  expect(await run(here, 4, 'srcuCallbacks', 100)).toEqual([100, 100, 100, 100])
})
