/** rwlock, as every tool knows it. */
import { READ_ONCE } from '#access'
import { readers, WRITER } from '../rw_word.ts'
import * as of from '../rwlock.ts'
import type { Lock } from './shapes.ts'

export const rwlock: Lock = {
  name: 'rwlock',
  summary: 'rwlock: readers and writers that must not sleep inside',
  torture: 'rw_lock',
  layout: of.rwlock,
  sleeps: false,
  init: of.rwlock_init,
  lock: of.write_lock,
  unlock: of.write_unlock,
  tryLock: of.write_trylock,
  shared: { lock: of.read_lock, unlock: of.read_unlock, tryLock: of.read_trylock },
  isFree: (at) => (READ_ONCE(at) & WRITER) === 0 && readers(READ_ONCE(at)) === 0,
}
