import { beforeEach, expect, test } from 'vitest'
import { ETIME } from '#lockstorm/base/errno'
import { as, type Addr } from '#lockstorm/base/addr'
import { OWNER_SHIFT } from '#lockstorm/base/constants'
import { read, write } from '#lockstorm/mem/access.fast'
import { task_of, task_struct } from '#lockstorm/mem/task'
import {
  down_read,
  down_read_trylock,
  down_write,
  down_write_timeout,
  down_write_trylock,
  downgrade_write,
  init_rwsem,
  rwsem_is_locked,
  up_read,
  up_write,
} from '#lockstorm/sync/rwsem'
import { GRANTS, rwsem_async_try } from '#lockstorm/sync/rw_async'
import { upgrade_begin, upgrade_end } from '#lockstorm/sync/rw_upgrade'
import { ASYNC, HANDOFF, PHASE, rw_semaphore, WRITER_QUEUED } from '#lockstorm/sync/rw_word'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('rwsem')

let here: World
let sem: Addr<'rw_semaphore'>
beforeEach(() => {
  here = world()
  sem = as(here.object)
  init_rwsem(sem, 'test')
})

test('readers share, a writer is alone', () => {
  expect(down_read_trylock(sem)).toBe(true)
  expect(down_read_trylock(sem)).toBe(true)
  expect(down_write_trylock(sem)).toBe(false)
  up_read(sem)
  up_read(sem)
  expect(down_write_trylock(sem)).toBe(true)
  expect(down_read_trylock(sem)).toBe(false)
  expect(rwsem_is_locked(sem)).toBe(true)
  up_write(sem)
  expect(rwsem_is_locked(sem)).toBe(false)
})

test('a trylock never passes a writer that is announced, even with nobody inside', () => {
  write(sem, WRITER_QUEUED)
  expect(down_write_trylock(sem)).toBe(false)
  write(sem, PHASE | WRITER_QUEUED)
  expect(down_write_trylock(sem)).toBe(false)
})

test('a newcomer overtakes an announced writer, but not one that has waited too long', () => {
  const ANOTHER = 3 << OWNER_SHIFT
  write(sem, WRITER_QUEUED)
  write(sem + rw_semaphore.offset.queue, ANOTHER)
  expect(down_write_timeout(sem, 1_000_000)).toBe(0)
  up_write(sem)
  write(sem, WRITER_QUEUED | HANDOFF)
  expect(down_write_timeout(sem, 1_000_000)).toBe(-ETIME)
})

test('a writer that downgrades is a reader', () => {
  down_write(sem)
  downgrade_write(sem)
  expect(down_write_trylock(sem)).toBe(false)
  expect(down_read_trylock(sem)).toBe(true)
  up_read(sem)
  up_read(sem)
  expect(read(sem)).toBe(0)
})

test('a downgrade lets queued readers in and queued writers not', async () => {
  expect(await run(here, 3, 'downgrade')).toEqual([0, 0, 0])
  expect(read(sem)).toBe(0)
})

test('a writer that gives up lets the readers behind it in', async () => {
  expect(await run(here, 3, 'writerGivesUp')).toEqual([0, -ETIME, 0])
  expect(rwsem_is_locked(sem)).toBe(false)
})

test('up_read without a reader throws and leaves the semaphore as it was', () => {
  expect(() => {
    up_read(sem)
  }).toThrow('not held')
  expect(read(sem)).toBe(0)
})

test('up_write by a reader or by nobody throws', () => {
  expect(() => {
    up_write(sem)
  }).toThrow('not held')
  down_read(sem)
  expect(() => {
    up_write(sem)
  }).toThrow('up_write')
  up_read(sem)
  expect(read(sem)).toBe(0)
})

test('the task records what it reads, innermost last, and forgets in any order', () => {
  const other = as<'rw_semaphore'>(here.words)
  init_rwsem(other, 'other')
  const task = task_of(0)
  down_read(sem)
  down_read(other)
  expect(read(task_struct.at.reads(task))).toBe(sem)
  expect(read(task_struct.at.reads(task) + 1)).toBe(other)
  up_read(sem)
  expect(read(task_struct.at.reads(task))).toBe(other)
  up_read(other)
  expect(read(task_struct.at.read_depth(task))).toBe(0)
})

test('who waits asynchronously is told of every end', () => {
  const reads = (): boolean => down_read_trylock(sem)
  const writes = (): boolean => down_write_trylock(sem)
  const ends: [begin: () => void, end: () => void, waits: () => boolean][] = [
    [() => down_read(sem), () => up_read(sem), writes],
    [() => down_write(sem), () => up_write(sem), reads],
    [() => down_write(sem), () => downgrade_write(sem), reads],
    [() => void upgrade_begin(sem), () => upgrade_end(sem, true), reads],
  ]
  for (const [begin, end, waits] of ends) {
    init_rwsem(sem, 'test')
    begin()
    const seen = rwsem_async_try(sem, waits)
    expect(seen).not.toBe(0)
    expect(read(sem + GRANTS)).toBe(seen)
    end()
    expect(read(sem + GRANTS)).not.toBe(seen)
    expect(rwsem_async_try(sem, waits)).toBe(0)
    if (waits === writes) up_write(sem)
  }
})

test('the mark of an asynchronous waiter stops nobody, and goes with the next who leaves', () => {
  down_read(sem)
  expect(rwsem_async_try(sem, () => down_write_trylock(sem))).not.toBe(0)
  expect(read(sem) & ASYNC).toBe(ASYNC)
  expect(down_read_trylock(sem)).toBe(true)
  up_read(sem)
  up_read(sem)
  write(sem, PHASE | ASYNC)
  expect(down_write_trylock(sem)).toBe(true)
  up_write(sem)
  expect(read(sem)).toBe(0)
  write(sem, ASYNC)
  down_write(sem)
  up_write(sem)
  expect(read(sem)).toBe(0)
})
