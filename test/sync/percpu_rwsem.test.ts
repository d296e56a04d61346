import { expect, test } from 'vitest'
import { as } from '#lockstorm/base/addr'
import { arenaUsedWords } from '#lockstorm/mem/arena'
import { percpu_free_rwsem, percpu_init_rwsem } from '#lockstorm/sync/index'
import { world } from './world.ts'

test('a percpu_rw_semaphore that is freed gives its counters back', () => {
  const sem = as<'percpu_rw_semaphore'>(world().object)
  expect(percpu_init_rwsem(sem, 'test')).toBe(0)
  const used = arenaUsedWords()
  percpu_free_rwsem(sem)
  expect(percpu_init_rwsem(sem, 'test')).toBe(0)
  expect(arenaUsedWords()).toBe(used)
})
