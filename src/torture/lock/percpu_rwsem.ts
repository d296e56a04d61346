/**
 * percpu_rw_semaphore as locktorture sees it.
 */
import { read, READ_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import {
  percpu_down_read,
  percpu_down_read_trylock,
  percpu_down_write,
  percpu_down_write_trylock,
  percpu_init_rwsem,
  percpu_rw_semaphore,
  percpu_up_read,
  percpu_up_write,
} from '../../sync/percpu_rwsem.ts'
import type { LockOps } from './ops.ts'

const SLOTS = percpu_rw_semaphore.offset.slots

/**
 * No readers inside. A writer on its way in and one inside look the same; this is asked only when all that could be inside
 * sleep on the semaphore itself, so it is on its way.
 */
function isFree(sem: number): boolean {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    if (READ_ONCE(read(sem + SLOTS) + cpu * CACHE_LINE_WORDS) >> 1 !== 0) return false
  }
  return true
}

export const percpu_rwsem_lock: LockOps = {
  name: 'percpu_rwsem_lock',
  summary: 'percpu_rw_semaphore',
  words: percpu_rw_semaphore.words,
  sleeps: true,
  init: (l, name) => {
    if (percpu_init_rwsem(as(l), name) !== 0) throw new RangeError(`${name}: the arena is full`)
  },
  writelock: (l, task) => {
    if (!task.one_in(8) || !percpu_down_write_trylock(as(l))) percpu_down_write(as(l))
  },
  writeunlock: (l) => percpu_up_write(as(l)),
  readlock: (l, task) => {
    if (!task.one_in(8) || !percpu_down_read_trylock(as(l))) percpu_down_read(as(l))
  },
  readunlock: (l) => percpu_up_read(as(l)),
  isFree,
}
