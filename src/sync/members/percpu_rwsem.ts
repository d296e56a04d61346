/** percpu_rw_semaphore, as every tool knows it. */
import { read, READ_ONCE } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import * as of from '../percpu_rwsem.ts'
import type { Lock } from './shapes.ts'

const SLOTS = of.percpu_rw_semaphore.offset.slots

/**
 * No readers inside. A writer on its way in and one inside look the same; who asks only when all that could be inside sleep on
 * the semaphore itself knows that it is on its way.
 */
function isFree(at: number): boolean {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    if (READ_ONCE(read(at + SLOTS) + cpu * CACHE_LINE_WORDS) >> 1 !== 0) return false
  }
  return true
}

export const percpu_rwsem: Lock = {
  name: 'percpu_rwsem',
  summary: 'percpu_rw_semaphore',
  torture: 'percpu_rwsem_lock',
  layout: of.percpu_rw_semaphore,
  sleeps: true,
  init: of.percpu_init_rwsem,
  lock: of.percpu_down_write,
  unlock: of.percpu_up_write,
  tryLock: of.percpu_down_write_trylock,
  shared: {
    lock: of.percpu_down_read,
    unlock: of.percpu_up_read,
    tryLock: of.percpu_down_read_trylock,
  },
  isFree,
}
