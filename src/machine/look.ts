/**
 * What can be seen of a running machine from outside: tasks, who waits for whom, locks with holder and waiters.
 *
 * Context   the main thread; reads only. What it reads may just be changing: a picture, and no proof.
 */
import { lockNameAt } from '../debug/lock_name.ts'
import { likelyOwnersOf } from '../debug/hung_task/owners.ts'
import { taskStack } from '../debug/hung_task/stacks.ts'
import { readTasks, type Task } from '../debug/hung_task/tasks.ts'
import { heldLocksOf } from '../debug/lockdep/print.ts'
import { TASK_DEAD, TASK_RUNNING } from '../mem/task.ts'

/** One task as `ps` and `top` show it. */
export interface SeenTask {
  readonly cpu: number
  /** R runs, S sleeps where a signal reaches it, D where none does, I is idle, X is dead. */
  readonly state: 'R' | 'S' | 'D' | 'I' | 'X'
  /** Index into the operations of its machine, and their object. */
  readonly op: number
  readonly arg: number
  readonly heartbeat: number
  /** Innermost function of the kernel that it sleeps in, as far as known. */
  readonly where: string
  /** What it waits for: `mutex mdev_list_lock`; '' if it runs. */
  readonly waits: string
  /** CPUs that keep it waiting, as far as known. */
  readonly owners: readonly number[]
  readonly holds: readonly string[]
}

/** One lock that is held or waited for. */
export interface SeenLock {
  readonly address: number
  readonly name: string
  readonly holders: readonly number[]
  readonly waiters: readonly number[]
}

/** Functions in which every sleeper of its kind sleeps: they do not say what it does. */
const SLEEPING =
  /^(?:park|sleep|hold|vendor_cost|futex_\w+|\w*lock\w*|down_\w+|rw_\w+|wait_\w+|do_wait\w*|\w*slow\w*|synchronize_\w+)$/

/** Where a sleeper sleeps: the first function that is no part of a lock. */
function whereOf(view: Int32Array, task: Task): string {
  const frames = task.blockedOn === 0 ? [] : taskStack(view, task.cpu)
  const names = frames.map((frame) => frame.split(' ')[0] as string)
  return names.find((name) => !SLEEPING.test(name)) ?? task.where
}

function stateOf(task: Task): SeenTask['state'] {
  if (task.state === TASK_DEAD) return 'X'
  if (task.state !== TASK_RUNNING) return 'I'
  if (task.blockedOn === 0) return 'R'
  return task.interruptible ? 'S' : 'D'
}

/** Name of what a task sleeps on: kind and, where it is known, name. */
function waitName(view: Int32Array, task: Task, describe: Describe): string {
  if (task.blockedOn === 0) return ''
  const name = lockNameAt(view, task.blockedOn, task.kind) || describe(task.blockedOn, task.kindName)
  return name === '' ? task.kindName : `${task.kindName} ${name}`
}

/** What is known besides the words of the arena and the detectors. */
export interface Knowledge {
  /** Names what no detector knows; '' if it cannot. */
  readonly describe?: Describe
  /** What a CPU holds, where no detector runs. */
  readonly holds?: (cpu: number) => readonly string[]
}
type Describe = (address: number, kind: string) => string
const nobody: Describe = () => ''

/** All tasks, by CPU. */
export function seeTasks(view: Int32Array, { describe = nobody, holds }: Knowledge = {}): SeenTask[] {
  const tasks = readTasks(view)
  return tasks.map((task) => {
    const owners = task.blockedOn === 0 ? [] : likelyOwnersOf(view, task, tasks)
    // Who waits for itself has just got what it waited for, and not yet said so.
    const state = owners.includes(task.cpu) && stateOf(task) !== 'X' ? 'R' : stateOf(task)
    const sleeps = state === 'S' || state === 'D'
    return {
      cpu: task.cpu,
      state,
      op: state === 'I' ? 0 : task.op,
      arg: task.arg,
      heartbeat: task.heartbeat,
      where: sleeps || state === 'X' ? whereOf(view, task) : state === 'I' ? '' : task.where,
      waits: sleeps ? waitName(view, task, describe) : '',
      owners: sleeps ? owners : [],
      holds: holds?.(task.cpu) ?? heldNames(view, task),
    }
  })
}

/** Names of the locks that lockdep knows a task to hold. What it waits for is on its list already. */
function heldNames(view: Int32Array, task: Task): string[] {
  return heldLocksOf(view, task.cpu)
    .filter(({ address }) => address !== task.blockedOn)
    .map(({ name, mode }) => (mode === 'write' ? name : `${name} (read)`))
}

/** Locks that are held or waited for, those with most waiters first. */
export function seeLocks(view: Int32Array, { describe = nobody }: Knowledge = {}): SeenLock[] {
  const tasks = readTasks(view)
  const found = new Map<number, { name: string; holders: Set<number>; waiters: Set<number> }>()
  const at = (address: number, name: string): { holders: Set<number>; waiters: Set<number> } => {
    const known = found.get(address) ?? { name, holders: new Set(), waiters: new Set() }
    found.set(address, known)
    return known
  }
  for (const { cpu } of tasks) {
    for (const { address, name } of heldLocksOf(view, cpu)) at(address, name).holders.add(cpu)
  }
  for (const task of tasks.filter((one) => one.blockedOn !== 0 && one.state === TASK_RUNNING)) {
    const owners = likelyOwnersOf(view, task, tasks)
    if (owners.includes(task.cpu)) continue
    const named = lockNameAt(view, task.blockedOn, task.kind) || describe(task.blockedOn, task.kindName)
    if (owners.length === 0 && named === '') continue
    const lock = at(task.blockedOn, named || task.kindName)
    // A task that waits for a lock is on its own list of held ones already.
    lock.holders.delete(task.cpu)
    lock.waiters.add(task.cpu)
    for (const cpu of owners) lock.holders.add(cpu)
  }
  return [...found]
    .map(([address, { name, holders, waiters }]) => ({
      address,
      name,
      holders: [...holders],
      waiters: [...waiters],
    }))
    .toSorted((a, b) => b.waiters.length - a.waiters.length || a.name.localeCompare(b.name))
}
