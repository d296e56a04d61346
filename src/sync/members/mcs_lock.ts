/** mcs_lock, as every tool knows it. */
import { READ_ONCE } from '#access'
import * as of from '../mcs_lock.ts'
import type { Lock } from './shapes.ts'

export const mcs_lock: Lock = {
  name: 'mcs_lock',
  summary: 'FIFO spinlock with a queue of nodes: kept to be measured',
  torture: 'mcs_lock',
  layout: of.mcs_lock,
  sleeps: false,
  fifo: true,
  naps: true,
  needsTask: true,
  init: of.mcs_lock_init,
  lock: of.mcs_spin_lock,
  unlock: of.mcs_spin_unlock,
  tryLock: of.mcs_spin_trylock,
  isFree: (at) => READ_ONCE(at) === 0,
}
