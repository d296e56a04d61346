import { beforeEach, expect, test } from 'vitest'
import { as } from '#lockstorm/base/addr'
import { read } from '#lockstorm/mem/access.fast'
import * as sync from '#lockstorm/sync/seqlock'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('seqlock')

let here: World
beforeEach(() => {
  here = world()
  sync.seqlock_init(as(here.object), 'test')
})

test('a reader without a writer between need not try again', () => {
  const s = as<'seqlock'>(here.object)
  const start = sync.read_seqbegin(s)
  expect(sync.read_seqretry(s, start)).toBe(false)
})

test('a reader that a writer came into must try again', () => {
  const s = as<'seqlock'>(here.object)
  const start = sync.read_seqbegin(s)
  sync.write_seqlock(s)
  expect(sync.read_seqretry(s, start)).toBe(true)
  sync.write_sequnlock(s)
  expect(sync.read_seqretry(s, start)).toBe(true)
  expect(sync.read_seqbegin(s)).toBe(start + 2)
})

test('an exclusive reader shuts writers out and leaves the sequence alone', () => {
  const s = as<'seqlock'>(here.object)
  const start = sync.read_seqbegin(s)
  sync.read_seqlock_excl(s)
  expect(read(sync.seqlock.at.lock(s))).not.toBe(0)
  sync.read_sequnlock_excl(s)
  expect(sync.read_seqretry(s, start)).toBe(false)
})

test('a bare seqcount counts begin and end', () => {
  const s = as<'seqcount'>(here.object)
  sync.seqcount_init(s)
  const start = sync.read_seqcount_begin(s)
  sync.write_seqcount_begin(s)
  sync.write_seqcount_end(s)
  expect(sync.read_seqcount_retry(s, start)).toBe(true)
  expect(read(s)).toBe(2)
})

test('readers never accept halves of two versions', async () => {
  expect(await run(here, 4, 'seqlockPairs', 3_000)).toEqual([0, 0, 0, 0])
})

test('a reader waits a writer out, asleep', async () => {
  expect(await run(here, 2, 'seqlockSleeper')).toEqual([7, 7])
})
