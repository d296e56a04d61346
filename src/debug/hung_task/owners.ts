/**
 * Who keeps a sleeper asleep, from the words of what it sleeps on. Locks of src/sync name their owner in the upper bits of
 * an `owner` word; readers are known from the tasks that recorded them.
 *
 * Known limit   the layouts of the locks must be loaded in this thread: whoever starts a machine has them. Counts without
 *               owners (completion, wait queue, semaphore, reference drains) have none here either.
 */
import { layoutOf } from '../../mem/layout.ts'
import {
  BLOCKED_MUTEX,
  BLOCKED_RWLOCK,
  BLOCKED_RWSEM_READ,
  BLOCKED_RWSEM_WRITE,
  BLOCKED_SPINLOCK,
  BLOCKED_SRCU,
} from '../../mem/task.ts'
import { keepsGracePeriod } from './srcu_readers.ts'
import type { Task } from './tasks.ts'

/** The task number starts at this bit of an owner word, flags are below. */
const OWNER_SHIFT = 3

function namedBy(view: Int32Array, lock: number, layout: string, name: string): number[] {
  const offset = layoutOf(layout)?.fields.find((one) => one.name === name)?.offset
  if (offset === undefined) return []
  const cpu = ((view[lock + offset] ?? 0) >> OWNER_SHIFT) - 1
  return cpu >= 0 ? [cpu] : []
}

/** CPU that holds the lock exclusively, as an array of none or one. */
function exclusive(view: Int32Array, lock: number, kind: number): number[] {
  switch (kind) {
    case BLOCKED_SPINLOCK:
      return namedBy(view, lock, 'spinlock', 'owner')
    case BLOCKED_MUTEX:
      return namedBy(view, lock, 'mutex', 'owner')
    case BLOCKED_RWLOCK:
      return namedBy(view, lock, 'rwlock', 'owner')
    case BLOCKED_RWSEM_READ:
    case BLOCKED_RWSEM_WRITE:
      return namedBy(view, lock, 'rw_semaphore', 'owner')
    default:
      return []
  }
}

/** Others in the queue before the sleeper. */
function ahead(view: Int32Array, sleeper: Task): number[] {
  const { blockedOn, kind } = sleeper
  if (kind === BLOCKED_SRCU) return namedBy(view, blockedOn, 'srcu_struct', 'gp_owner')
  if (kind !== BLOCKED_RWSEM_READ && kind !== BLOCKED_RWSEM_WRITE) return []
  return namedBy(view, blockedOn, 'rw_semaphore', 'queue')
}

/** CPUs that hold the lock for reading, as far as a sleeper of this kind minds. */
function readers(view: Int32Array, sleeper: Task, tasks: readonly Task[]): number[] {
  const { blockedOn, kind } = sleeper
  if (kind === BLOCKED_RWSEM_READ) return []
  const inside = (task: Task): boolean =>
    task.reads.includes(blockedOn) || (kind === BLOCKED_SRCU && keepsGracePeriod(view, blockedOn, task.cpu))
  return tasks.filter(inside).map(({ cpu }) => cpu)
}

/** CPUs that a sleeper waits for: any of them keeps it asleep. Empty if nobody knows. */
export function ownersOf(view: Int32Array, sleeper: Task, tasks: readonly Task[]): number[] {
  if (sleeper.blockedOn === 0) return []
  const queue = ahead(view, sleeper).filter((cpu) => cpu !== sleeper.cpu)
  const found = [
    ...exclusive(view, sleeper.blockedOn, sleeper.kind),
    ...readers(view, sleeper, tasks),
    ...queue,
  ]
  return [...new Set(found)]
}
