/**
 * "INFO: task … blocked on a mutex likely owned by task …": whom a sleeper waits for, in one line.
 *
 * Source   kernel/hung_task.c, debug_show_blocker(): mutexes (3cf67d61ff98), semaphores (194a9b9e843b), rw_semaphores (77da18de55ac).
 *          Other waits, a grace period or a drain, have no such line in Linux, and nobody owns them: their words are ours.
 */
import {
  BLOCKED_MUTEX,
  BLOCKED_RWSEM_READ,
  BLOCKED_RWSEM_WRITE,
  BLOCKED_SEMAPHORE,
  BLOCKED_SRCU,
} from '../../mem/task.ts'
import type { Task } from './tasks.ts'

/** `cpu-0:1` */
export const name = (task: Task): string => `${task.comm}:${task.pid}`

/** `an SRCU grace period`, `a completion`, … */
function waitedFor({ kind, kindName }: Task): string {
  if (kind === BLOCKED_SRCU) return 'an SRCU grace period'
  return `${/^[aeiou]/.test(kindName) ? 'an' : 'a'} ${kindName}`
}

const isRwsem = ({ kind }: Task): boolean => kind === BLOCKED_RWSEM_READ || kind === BLOCKED_RWSEM_WRITE

/** The line without its end. */
function blocked(task: Task, owner: Task): string {
  const [me, its] = [`INFO: task ${name(task)}`, `task ${name(owner)}`]
  if (task.kind === BLOCKED_MUTEX) return `${me} is blocked on a mutex likely owned by ${its}`
  if (task.kind === BLOCKED_SEMAPHORE) return `${me} blocked on a semaphore likely last held by ${its}`
  if (!isRwsem(task)) return `${me} waits for ${waitedFor(task)}, kept by ${its}`
  const as = task.kind === BLOCKED_RWSEM_READ ? 'reader' : 'writer'
  const by = owner.reads.includes(task.blockedOn) ? 'reader' : 'writer'
  return `${me} <${as}> blocked on an rw-semaphore likely owned by ${its} <${by}>`
}

/** Who likely keeps a sleeper asleep. `gone`: that one has ended, which Linux cannot know. */
export function blockerLine(task: Task, owner: Task, gone: boolean): string {
  if (gone) return `${blocked(task, owner)}, which has died.`
  return `${blocked(task, owner)}${task.kind === BLOCKED_SEMAPHORE || isRwsem(task) ? '' : '.'}`
}

/** What follows the task's name where nobody is known. */
export function ownerless(task: Task): string {
  if (task.kind === BLOCKED_MUTEX) return 'is blocked on a mutex, but the owner is not found.'
  if (task.kind === BLOCKED_SEMAPHORE) return 'is blocked on a semaphore, but the last holder is not found.'
  if (isRwsem(task)) return 'is blocked on an rw-semaphore, but the owner is not found.'
  return `waits for ${waitedFor(task)}; who would end that is not known.`
}
