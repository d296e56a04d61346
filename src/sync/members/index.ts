/** Every primitive of sync, by kind. */
import { channel } from './channel.ts'
import { completion } from './completion.ts'
import { condition, monitor } from './condition.ts'
import { kref } from './kref.ts'
import { mcs_lock } from './mcs_lock.ts'
import { barrier, latch, once } from './meetings.ts'
import { mutex } from './mutex.ts'
import { percpu_ref } from './percpu_ref.ts'
import { percpu_rwsem } from './percpu_rwsem.ts'
import { refcount } from './refcount.ts'
import { robust_mutex, robust_rwsem } from './robust.ts'
import { rwlock } from './rwlock.ts'
import { rwsem } from './rwsem.ts'
import { semaphore, semaphore_tokens } from './semaphore.ts'
import { seqlock } from './seqlock.ts'
import type { GracePeriods, Lock, Meeting, Monitor, References, Tokens } from './shapes.ts'
import { spinlock } from './spinlock.ts'
import { srcu } from './srcu.ts'
import { ticket_lock } from './ticket_lock.ts'
import { wait_queue } from './wait_queue.ts'
import { ww_mutex } from './ww_mutex.ts'

export { notAtRest } from './rest.ts'
export type * from './shapes.ts'

export const locks: readonly Lock[] = [
  spinlock,
  ticket_lock,
  mcs_lock,
  rwlock,
  mutex,
  semaphore,
  rwsem,
  percpu_rwsem,
  ww_mutex,
  seqlock,
  robust_mutex,
  robust_rwsem,
]
export const tokens: readonly Tokens[] = [completion, wait_queue, semaphore_tokens, condition, channel]
export const monitors: readonly Monitor[] = [monitor]
export const meetings: readonly Meeting[] = [barrier, latch, once]
export const references: readonly References[] = [kref, refcount, percpu_ref]
export const gracePeriods: readonly GracePeriods[] = [srcu]
