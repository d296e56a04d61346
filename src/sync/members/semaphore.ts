/** semaphore, as every tool knows it: as a lock of one unit, and as a counter of units. */
import { as } from '../../base/addr.ts'
import * as of from '../semaphore.ts'
import type { AsyncWait, Lock, Tokens } from './shapes.ts'

const asyncMany = (units: number): AsyncWait => ({
  begin: of.sema_async_begin,
  attempt: (at) => of.sema_async_try(as(at), units),
  giveUp: of.sema_async_end,
  word: of.semaphore.offset.async,
})
const async = asyncMany(1)

export const semaphore: Lock = {
  name: 'semaphore',
  summary: 'a semaphore of one unit',
  // Tortured as a counter.
  torture: '',
  layout: of.semaphore,
  sleeps: true,
  untraced: true,
  init: (at) => of.sema_init(as(at), 1),
  lock: (at) => of.down(as(at)),
  unlock: (at) => of.up(as(at)),
  tryLock: (at) => of.down_trylock(as(at)) === 0,
  lockFor: (at, ns) => of.down_timeout(as(at), ns),
  lockInterruptible: (at) => of.down_interruptible(as(at)),
  async,
  isFree: (at) => of.sema_units(as(at)) > 0,
}

export const semaphore_tokens: Tokens = {
  name: 'semaphore',
  summary: 'counting semaphore: as many pass as there are units',
  layout: of.semaphore,
  words: of.semaphore.words,
  init: (at, n) => of.sema_init(as(at), n),
  put: (at) => of.up(as(at)),
  take: (at) => of.down(as(at)),
  takeFor: (at, ns) => of.down_timeout(as(at), ns) === 0,
  takeInterruptible: (at) => of.down_interruptible(as(at)) === 0,
  tryTake: (at) => of.down_trylock(as(at)) === 0,
  takeMany: of.down,
  count: of.sema_units,
  async,
  asyncMany,
}
