/**
 * The wait-for graph: who sleeps on what, and who keeps him asleep. A circle in it is a deadlock now, whatever the order of
 * locks elsewhere; lockdep finds the order, this finds the hang.
 *
 * Invariant   a circle is returned only if a second look finds it unchanged, heartbeats included: a task of a circle cannot
 *             move, so a real one never fails the second look. The converse does not hold: a task that has just got its lock,
 *             or has given up, still seems to sleep until it says that it runs, and may be put aside by the host right there.
 *             Whoever acts on a circle sees it persist first (watch.ts).
 */
import { TASK_DEAD } from '../../mem/task.ts'
import { likelyOwnersOf, ownersOf } from './owners.ts'
import { readTasks, type Task } from './tasks.ts'

/** One step of a circle or of a chain: `task` sleeps, `owner` keeps it asleep. */
export interface Wait {
  readonly task: Task
  readonly owner: Task
}

/** Tells whether the machine knows that a CPU is gone: its worker exited or was terminated. */
export type IsDead = (cpu: number) => boolean

/** One task, and everybody it waits for. */
export interface Blocked {
  readonly task: Task
  readonly owners: readonly Task[]
}

/** All sleeping tasks with those that keep them asleep, as far as known. `owners` may guess: see likelyOwnersOf. */
function blockedTasks(view: Int32Array, owners: typeof ownersOf = ownersOf): Blocked[] {
  const tasks = readTasks(view)
  return tasks
    .filter(({ blockedOn }) => blockedOn !== 0)
    .map((task) => ({ task, owners: owners(view, task, tasks).flatMap((cpu) => tasks[cpu] ?? []) }))
}

/** Tasks that seem to wait for each other in a circle, each for the next and the last for the first; undefined if none do. */
export function findWaitCycle(view: Int32Array): Wait[] | undefined {
  const cycle = searchCycle(blockedTasks(view))
  if (cycle === undefined) return undefined
  const again = blockedTasks(view)
  return cycle.every((wait) => stillWaits(again, wait)) ? cycle : undefined
}

function stillWaits(now: readonly Blocked[], { task, owner }: Wait): boolean {
  const same = now.find((one) => one.task.cpu === task.cpu)
  if (same === undefined || same.task.blockedOn !== task.blockedOn) return false
  return same.task.heartbeat === task.heartbeat && same.owners.some(({ cpu }) => cpu === owner.cpu)
}

function searchCycle(blocked: readonly Blocked[]): Wait[] | undefined {
  const byCpu = new Map(blocked.map((one) => [one.task.cpu, one]))
  const done = new Set<number>()
  const visit = (cpu: number, path: readonly Wait[]): Wait[] | undefined => {
    const start = path.findIndex(({ task }) => task.cpu === cpu)
    if (start >= 0) return path.slice(start)
    const here = byCpu.get(cpu)
    if (here === undefined || done.has(cpu)) return undefined
    for (const owner of here.owners) {
      const found = visit(owner.cpu, [...path, { task: here.task, owner }])
      if (found !== undefined) return found
    }
    done.add(cpu)
    return undefined
  }
  for (const { task } of blocked) {
    const found = visit(task.cpu, [])
    if (found !== undefined) return found
  }
  return undefined
}

/** Sleepers whose sleep can only be ended by a task that is gone. */
export function waitsForDead(view: Int32Array, isDead: IsDead = () => false): Wait[] {
  const gone = (task: Task): boolean => task.state === TASK_DEAD || isDead(task.cpu)
  return blockedTasks(view, likelyOwnersOf).flatMap(({ task, owners }) =>
    gone(task) ? [] : owners.filter(gone).map((owner) => ({ task, owner })),
  )
}
