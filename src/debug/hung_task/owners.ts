/**
 * Who keeps a sleeper asleep, from the words of what it sleeps on. Locks of src/sync name their owner in the upper bits of
 * an `owner` word; readers are known from the tasks that recorded them.
 *
 * Known limit   the layouts of the locks must be loaded in this thread: whoever starts a machine has them. Counts without
 *               owners (completion, wait queue, reference drains) have none here either.
 */
import { OWNER_SHIFT } from '../../base/constants.ts'
import { layoutOf } from '../../mem/layout.ts'
import {
  BLOCKED_MCS,
  BLOCKED_MUTEX,
  BLOCKED_PERCPU_RWSEM,
  BLOCKED_RWLOCK,
  BLOCKED_RWSEM_READ,
  BLOCKED_RWSEM_WRITE,
  BLOCKED_SEMAPHORE,
  BLOCKED_SPINLOCK,
  BLOCKED_SRCU,
  BLOCKED_TICKET,
  TASK_WORDS,
  task_of,
} from '../../mem/task.ts'
import { keepsGracePeriod } from './srcu_readers.ts'
import type { Task } from './tasks.ts'

function namedBy(view: Int32Array, lock: number, layout: string, name: string): number[] {
  const offset = layoutOf(layout)?.fields.find((one) => one.name === name)?.offset
  if (offset === undefined) return []
  const cpu = ((view[lock + offset] ?? 0) >> OWNER_SHIFT) - 1
  return cpu >= 0 ? [cpu] : []
}

/** Task in whose task_struct the holder's node of an mcs_lock is. */
function ownerOfNode(view: Int32Array, lock: number): number[] {
  const offset = layoutOf('mcs_lock')?.fields.find((one) => one.name === 'node')?.offset
  const node = offset === undefined ? 0 : (view[lock + offset] ?? 0)
  return node === 0 ? [] : [Math.floor((node - task_of(0)) / TASK_WORDS)]
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
    case BLOCKED_TICKET:
      return namedBy(view, lock, 'ticket_lock', 'holder')
    case BLOCKED_MCS:
      return ownerOfNode(view, lock)
    case BLOCKED_PERCPU_RWSEM:
      return namedBy(view, lock, 'percpu_rw_semaphore', 'queue')
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
  // A percpu_rwsem's writer that waits for readers to leave has the queue itself.
  const all = [...new Set(found)]
  return sleeper.kind === BLOCKED_PERCPU_RWSEM ? all.filter((cpu) => cpu !== sleeper.cpu) : all
}

/**
 * The same, and those that likely have what it wants: the last takers of a semaphore. They may have taken units that they
 * will never give back, or that others give back for them: no ground for a deadlock.
 */
export function likelyOwnersOf(view: Int32Array, sleeper: Task, tasks: readonly Task[]): number[] {
  if (sleeper.kind !== BLOCKED_SEMAPHORE) return ownersOf(view, sleeper, tasks)
  return tasks
    .filter(({ cpu, lastDown }) => lastDown === sleeper.blockedOn && cpu !== sleeper.cpu)
    .map(({ cpu }) => cpu)
}
