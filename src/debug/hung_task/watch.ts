/**
 * khungtaskd: looks at every task from time to time and tells what has stopped. For the machine's watchdog; it keeps what it
 * saw last, and needs nothing of the tasks but their words.
 *
 * Rules   `check` neither waits nor throws. A finding is told once: again only after the task has moved in between.
 * Source  kernel/hung_task.c, kernel/watchdog.c
 */
import { BLOCKED_BARRIER, BLOCKED_SLEEP, TASK_DEAD, TASK_DONE, TASK_RUNNING } from '../../mem/task.ts'
import { commOf, RELEASE } from '../format.ts'
import {
  allLocksHeld,
  deadOwnerReport,
  hungTaskReport,
  waitCycleReport,
  type ReportSources,
} from './report.ts'
import { readTasks, type Task } from './tasks.ts'
import { findWaitCycle, waitsForDead, type Wait } from './wait_graph.ts'

/** What has stopped. `cpus` are those concerned, the sleeper first. */
export interface HungFinding {
  readonly kind: 'deadlock' | 'dead owner' | 'hung task' | 'soft lockup'
  readonly cpus: readonly number[]
  readonly text: string
}

/** How patient the watch is. */
export interface HungTaskOptions extends ReportSources {
  /** Sleeping this long on one thing is a hang. */
  readonly hungSeconds?: number
  /** Running this long without a heartbeat is a lockup; Infinity for bodies that have none. */
  readonly lockupSeconds?: number
  /** A circle must be seen this long before it counts: a task may be about to give up, or just not say yet that it runs. */
  readonly confirmSeconds?: number
  /** Most findings told (hung_task_warnings). */
  readonly warnings?: number
}

interface Seen {
  readonly task: Task
  readonly since: number
  told: boolean
}

const NS = 1e9
/** A task that seems to wait for itself has mostly just got the lock: look this much longer. */
const SELF_FACTOR = 8

/** Looks at all tasks of one arena; give it the time, and it says what hangs. */
export class HungTaskWatch {
  readonly #view: Int32Array
  readonly #options: HungTaskOptions
  readonly #seen = new Map<number, Seen>()
  readonly #told = new Set<string>()
  #circle: { readonly key: string; readonly since: number } | undefined
  #left: number

  /** @param view the whole arena */
  constructor(view: Int32Array, options: HungTaskOptions = {}) {
    this.#view = view
    this.#options = options
    this.#left = options.warnings ?? 10
  }

  /** Looks once. `nowNs` is any clock that does not run backwards. */
  check(nowNs: number): HungFinding[] {
    return [...this.#deadlocks(nowNs), ...this.#deadOwners(), ...this.#stopped(nowNs)]
  }

  #tell(key: string, finding: () => HungFinding): HungFinding[] {
    if (this.#told.has(key) || this.#left === 0) return []
    this.#told.add(key)
    this.#left--
    return [finding()]
  }

  #deadlocks(nowNs: number): HungFinding[] {
    const cycle = findWaitCycle(this.#view)
    if (cycle === undefined) {
      this.#circle = undefined
      return []
    }
    const key = cycle.map(({ task }) => `${task.cpu} ${task.blockedOn} ${task.heartbeat}`).join()
    if (this.#circle?.key !== key) this.#circle = { key, since: nowNs }
    const { confirmSeconds = 0.25 } = this.#options
    const patience = cycle.length === 1 ? SELF_FACTOR * confirmSeconds : confirmSeconds
    if (nowNs - this.#circle.since < patience * NS) return []
    return this.#tell(`cycle ${key}`, () => ({
      kind: 'deadlock',
      cpus: cycle.map(({ task }) => task.cpu),
      text: waitCycleReport(this.#view, cycle, this.#options),
    }))
  }

  #deadOwners(): HungFinding[] {
    const waits = waitsForDead(this.#view, this.#options.isDead)
    return waits.flatMap((wait: Wait) =>
      this.#tell(`dead ${wait.task.cpu} ${wait.task.blockedOn}`, () => ({
        kind: 'dead owner',
        cpus: [wait.task.cpu, wait.owner.cpu],
        text: deadOwnerReport(this.#view, wait, this.#options),
      })),
    )
  }

  #stopped(nowNs: number): HungFinding[] {
    const found = readTasks(this.#view).flatMap((task) => this.#look(task, nowNs))
    const last = found.at(-1)
    if (last === undefined) return []
    const locks = allLocksHeld(this.#view, this.#options)
    return [...found.slice(0, -1), { ...last, text: [last.text, ...locks].join('\n') }]
  }

  #look(task: Task, nowNs: number): HungFinding[] {
    const before = this.#seen.get(task.cpu)
    const moved =
      before === undefined ||
      before.task.heartbeat !== task.heartbeat ||
      before.task.blockedOn !== task.blockedOn ||
      before.task.kind !== task.kind ||
      before.task.state !== task.state
    if (moved) {
      this.#seen.set(task.cpu, { task, since: nowNs, told: false })
      return []
    }
    const finding = before.told ? undefined : this.#verdict(task, (nowNs - before.since) / NS)
    if (finding === undefined || this.#left === 0) return []
    before.told = true
    this.#left--
    return [finding]
  }

  #verdict(task: Task, seconds: number): HungFinding | undefined {
    const { hungSeconds = 120, lockupSeconds = 20 } = this.#options
    const { cpu, kind } = task
    if (task.state === TASK_DONE || task.state === TASK_DEAD || this.#options.isDead?.(cpu) === true)
      return undefined
    if (kind === BLOCKED_SLEEP || kind === BLOCKED_BARRIER) return undefined
    if (task.blockedOn !== 0) {
      if (seconds <= hungSeconds) return undefined
      return {
        kind: 'hung task',
        cpus: [cpu],
        text: hungTaskReport(this.#view, cpu, hungSeconds, this.#options),
      }
    }
    if (task.state !== TASK_RUNNING || seconds <= lockupSeconds) return undefined
    return { kind: 'soft lockup', cpus: [cpu], text: lockupText(task, seconds) }
  }
}

function lockupText(task: Task, seconds: number): string {
  const { cpu, pid, where } = task
  return [
    `watchdog: BUG: soft lockup - CPU#${cpu} stuck for ${Math.floor(seconds)}s! [${commOf(cpu)}:${pid}]`,
    `CPU: ${cpu} PID: ${pid} Comm: ${commOf(cpu)} Not tainted ${RELEASE} #1`,
    ...(where === '' ? [] : [`RIP: 0010:${where}`]),
  ].join('\n')
}
