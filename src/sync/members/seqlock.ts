/** seqlock, as every tool knows it: writers exclude each other, readers try again. */
import { as } from '../../base/addr.ts'
import * as of from '../seqlock.ts'
import { spin_is_locked } from '../spinlock.ts'
import type { Lock } from './shapes.ts'

export const seqlock: Lock = {
  name: 'seqlock',
  summary: 'seqlock: a spinlock for writers, a sequence for readers',
  torture: 'seq_lock',
  layout: of.seqlock,
  parts: [of.seqcount],
  sleeps: false,
  init: of.seqlock_init,
  lock: of.write_seqlock,
  unlock: of.write_sequnlock,
  optimistic: { begin: of.read_seqbegin, retry: of.read_seqretry },
  isFree: (at) => !spin_is_locked(of.seqlock.at.lock(as(at))),
}
