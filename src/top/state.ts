/**
 * What `top` makes of one answer after the other: how long each task has waited, how fast it goes, how much waiting each lock has cost
 * since top looks.
 */
import type { SeenDoing, SeenMachine } from '../machine/published.ts'
import type { SeenRun } from './serve.ts'

/** A row of the tasks. */
export interface TaskRow extends SeenDoing {
  /** Milliseconds that it has waited for the same thing, as far as top has seen. */
  readonly waitedMs: number
  /** Operations per second since the last look; undefined at the first. */
  readonly rate: number | undefined
}

/** A row of the locks. */
export interface LockRow {
  readonly name: string
  readonly holders: readonly number[]
  readonly waiters: readonly number[]
  /** Milliseconds of waiting since top looks, of all tasks together. */
  readonly waitedMs: number
}

interface Seen {
  readonly waits: string
  readonly heartbeat: number
  readonly since: number
  readonly at: number
}

/** Keeps what was seen of one machine. */
export class MachineHistory {
  readonly #seen = new Map<number, Seen>()
  readonly #locks = new Map<string, number>()
  #at: number | undefined

  /** Takes a look in. `now`: milliseconds. */
  take({ tasks, locks }: SeenMachine, now: number): { readonly tasks: TaskRow[]; readonly locks: LockRow[] } {
    const passed = this.#at === undefined ? 0 : now - this.#at
    this.#at = now
    return {
      tasks: tasks.map((task) => this.#task(task, now)),
      locks: locks.map(({ name, holders, waiters }) => {
        const waitedMs = (this.#locks.get(name) ?? 0) + passed * waiters.length
        this.#locks.set(name, waitedMs)
        return { name, holders, waiters, waitedMs }
      }),
    }
  }

  #task(task: SeenDoing, now: number): TaskRow {
    const before = this.#seen.get(task.cpu)
    const same =
      before !== undefined &&
      task.waits !== '' &&
      before.waits === task.waits &&
      before.heartbeat === task.heartbeat
    const since = same ? before.since : now
    this.#seen.set(task.cpu, { waits: task.waits, heartbeat: task.heartbeat, since, at: now })
    const passed = before === undefined ? 0 : (now - before.at) / 1000
    const rate =
      before === undefined || passed === 0 ? undefined : ((task.heartbeat - before.heartbeat) >>> 0) / passed
    return { ...task, waitedMs: now - since, rate }
  }
}

/** What the person has chosen. */
export interface Choice {
  readonly sort: 'cpu' | 'wait' | 'rate' | 'operation'
  /** Only tasks that wait. */
  readonly waiting: boolean
  /** Only tasks in which this stands. */
  readonly filter: string
}

const ORDER: Readonly<Record<Choice['sort'], (a: TaskRow, b: TaskRow) => number>> = {
  cpu: (a, b) => a.cpu - b.cpu,
  wait: (a, b) => b.waitedMs - a.waitedMs || a.cpu - b.cpu,
  rate: (a, b) => (b.rate ?? 0) - (a.rate ?? 0) || a.cpu - b.cpu,
  operation: (a, b) => a.doing.localeCompare(b.doing) || a.cpu - b.cpu,
}

/** The tasks that are to be shown, in order. */
export function chosen(tasks: readonly TaskRow[], { sort, waiting, filter }: Choice): TaskRow[] {
  const text = (task: TaskRow): string => `${task.doing} ${task.waits} ${task.where} ${task.holds.join(' ')}`
  return tasks
    .filter((task) => !waiting || task.waits !== '')
    .filter((task) => filter === '' || text(task).includes(filter))
    .toSorted(ORDER[sort])
}

/** Machine of a run that is worth a look: the one that is at work. */
export function mainMachine({ machines }: SeenRun): SeenMachine | undefined {
  return machines.find(({ active }) => active) ?? machines[0]
}
