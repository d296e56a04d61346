/** ticket_lock, as every tool knows it. */
import { READ_ONCE } from '#access'
import * as of from '../ticket_lock.ts'
import type { Lock } from './shapes.ts'

export const ticket_lock: Lock = {
  name: 'ticket_lock',
  summary: 'FIFO spinlock with tickets: kept to be measured',
  torture: 'ticket_lock',
  layout: of.ticket_lock,
  sleeps: false,
  fifo: true,
  naps: true,
  init: of.ticket_lock_init,
  lock: of.ticket_spin_lock,
  unlock: of.ticket_spin_unlock,
  tryLock: of.ticket_spin_trylock,
  isFree: (at) => READ_ONCE(at) === READ_ONCE(at + of.ticket_lock.offset.next),
}
