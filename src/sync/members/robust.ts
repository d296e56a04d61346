/** robust_mutex and robust_rwsem, as every tool knows them: among CPUs none of which ends. */
import { smp_processor_id } from '#access'
import { as } from '../../base/addr.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { ENOMEM } from '../../base/errno.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import { alloc_percpu } from '../../mem/percpu.ts'
import * as mutex_of from '../robust.ts'
import * as of from '../robust_rwsem.ts'
import type { Lock } from './shapes.ts'

const nobody = (): boolean => false

export const robust_mutex: Lock = {
  name: 'robust_mutex',
  summary: 'a mutex whose owner may end inside',
  torture: 'robust_mutex_lock',
  layout: mutex_of.robust_mutex,
  sleeps: true,
  naps: true,
  init: mutex_of.robust_mutex_init,
  lock: (at) => void mutex_of.robust_mutex_lock(as(at), nobody),
  unlock: mutex_of.robust_mutex_unlock,
  tryLock: (at) => mutex_of.robust_mutex_trylock(as(at)) === 0,
  lockFor: (at, ns) => mutex_of.robust_mutex_lock(as(at), nobody, ns),
  async: {
    begin: () => {},
    attempt: mutex_of.robust_mutex_async_try,
    giveUp: mutex_of.robust_mutex_async_end,
    word: mutex_of.robust_mutex.offset.async,
  },
  isFree: (at) => !mutex_of.robust_mutex_is_locked(as(at)),
}

function write(at: number, timeoutNs: number): number {
  const got =
    timeoutNs === 0 ? of.robust_gate_trylock(as(at)) : of.robust_gate_lock(as(at), nobody, timeoutNs)
  if (got !== 0) return got
  const closed = of.robust_gate_close(as(at), smp_processor_id(), nobody, timeoutNs)
  if (closed !== 0) of.robust_gate_unlock(as(at))
  return closed
}

export const robust_rwsem: Lock = {
  name: 'robust_rwsem',
  summary: 'readers and writers any of which may end inside',
  torture: 'robust_rwsem_lock',
  layout: of.robust_rwsem,
  sleeps: true,
  naps: true,
  init(at, name) {
    const slots = alloc_percpu(CACHE_LINE_WORDS)
    if (slots === 0) return -ENOMEM
    of.robust_rwsem_init(as(at), slots, num_possible_cpus(), name)
    return 0
  },
  lock: (at) => void write(at, Infinity),
  unlock(at) {
    of.robust_gate_open(as(at))
    of.robust_gate_unlock(as(at))
  },
  tryLock: (at) => write(at, 0) === 0,
  lockFor: write,
  shared: {
    lock: (at) => void of.robust_down_read(as(at), smp_processor_id(), nobody),
    unlock: (at) => of.robust_up_read(as(at), smp_processor_id()),
    tryLock: (at) => of.robust_read_trylock(as(at), smp_processor_id()),
    lockFor: (at, ns) => of.robust_down_read(as(at), smp_processor_id(), nobody, ns),
  },
  downgrade(at) {
    of.robust_gate_read(as(at), smp_processor_id(), 1)
    of.robust_gate_open(as(at))
    of.robust_gate_unlock(as(at))
  },
  isFree: (at) => !of.robust_rwsem_is_locked(as(at)),
}
