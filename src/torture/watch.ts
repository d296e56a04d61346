/**
 * The progress watchdog: tells a lost wake-up from a slow machine without a time-out.
 *
 * Argument   If every task has ended, is parked by main, naps without a duty, or says that it sleeps on the primitive, then
 *            nobody runs who could wake a sleeper; unless one has been woken and not yet run. A futex notify counts the
 *            threads that were asleep. If it counts as many as say that they sleep, none of them was on its way. If what
 *            one of them sleeps for is to be had at that moment, its wake-up is lost, however long or short it slept.
 * Deadlock   the same, with nothing to be had. Then not even a task that only naps may be left.
 * Effect     the probe wakes the sleepers, which every futex sleeper must bear; so a test with a lost wake-up goes on.
 * Patience   only a state that several looks have found unchanged is probed, so that sound tests are not disturbed.
 */
import { TASK_DONE, BLOCKED_BARRIER, BLOCKED_SLEEP } from '../mem/task.ts'
import { readTask, type Task } from '../debug/hung_task/index.ts'
import type { TortureType } from './type.ts'

/** Looks that must agree before sleepers are woken to be counted. */
const AGREE = 3
const ALL = 0x7fff_ffff

/** What one look found. */
export interface Look {
  /** No task can move by itself: all are done, parked, or asleep on the primitive. */
  readonly still: boolean
  /** Looks in a row that found exactly this. */
  readonly looks: number
  /** Tasks asleep on the primitive. */
  readonly asleep: readonly Task[]
  /** Text of a lost wake-up, if one was proved: the sleepers have been woken. */
  readonly lost?: string
  /** Text of a deadlock, if one was proved: all sleep on what nobody will give back. */
  readonly deadlock?: string
}

/** What is watched. */
export interface Watched {
  readonly view: Int32Array
  /** Address of torture_control. */
  readonly control: number
  readonly firstCpu: number
  readonly tasks: number
  /** Words in which a sleeper of the primitive may sleep: from, to. */
  readonly region: readonly [number, number]
  readonly type: Pick<TortureType, 'available' | 'mayStarve' | 'naps'>
  readonly state: number
}

/** Looks at the tasks of one test: do they move, sleep, or hang? */
export class ProgressWatch {
  readonly #watched: Watched
  #last = ''
  #looks = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Looks once, and probes if the same standstill has been seen often enough. */
  look(): Look {
    const tasks = this.#read()
    const picture = pictureOf(tasks)
    this.#looks = picture === this.#last ? this.#looks + 1 : 1
    this.#last = picture
    const { asleep, moving, idle } = this.#sort(tasks)
    const found = { still: moving === 0 && idle === 0, looks: this.#looks, asleep }
    if (moving > 0 || asleep.length === 0 || this.#looks < AGREE) return found
    return { ...found, ...this.#probe(tasks, asleep, idle) }
  }

  #read(): Task[] {
    const { view, firstCpu, tasks } = this.#watched
    return Array.from({ length: tasks }, (_, i) => readTask(view, firstCpu + i))
  }

  #sort(tasks: readonly Task[]): { asleep: Task[]; moving: number; idle: number } {
    const asleep: Task[] = []
    let moving = 0
    let idle = 0
    for (const task of tasks) {
      const duty = this.#duty(task)
      if (duty === 'asleep') asleep.push(task)
      else if (duty === 'moving') moving++
      else if (duty === 'idle') idle++
    }
    return { asleep, moving, idle }
  }

  #duty({ state, blockedOn, kind }: Task): 'done' | 'parked' | 'idle' | 'asleep' | 'moving' {
    if (state === TASK_DONE) return 'done'
    const { control } = this.#watched
    if (blockedOn === control) return kind === BLOCKED_BARRIER ? 'parked' : 'idle'
    const wakes = blockedOn === 0 || kind === BLOCKED_SLEEP || this.#watched.type.naps === true
    return wakes ? 'moving' : 'asleep'
  }

  #probe(tasks: readonly Task[], asleep: readonly Task[], idle: number): Pick<Look, 'lost' | 'deadlock'> {
    const { view, region, type, state } = this.#watched
    const passed = asleep.filter(({ blockedOn }) => type.available(state, blockedOn))
    // An idle task will come back, and may give what they wait for. That it is not needed shows when it has parked.
    if (passed.length === 0 && (type.mayStarve === true || idle > 0)) return {}
    let counted = 0
    for (let at = region[0]; at < region[1]; at++) counted += Atomics.notify(view, at, ALL)
    this.#last = ''
    const awake = (task: Task): boolean => !asleep.some(({ cpu }) => cpu === task.cpu)
    const same = pictureOf(this.#read().filter(awake)) === pictureOf(tasks.filter(awake))
    if (counted !== asleep.length || !same) return {}
    return passed.length > 0 ? { lost: lostText(passed, asleep) } : { deadlock: deadlockText(asleep) }
  }
}

function pictureOf(tasks: readonly Task[]): string {
  return tasks
    .map(({ state, heartbeat, blockedOn, kind }) => [state, heartbeat, blockedOn, kind].join())
    .join(';')
}

function namesOf(tasks: readonly Task[]): string {
  return tasks.map(({ comm, pid, kindName }) => `${comm}:${pid} (${kindName})`).join(', ')
}

function lostText(passed: readonly Task[], asleep: readonly Task[]): string {
  const others = asleep.length - passed.length
  const rest = others === 0 ? '' : `; ${others} more asleep`
  return `lost wake-up: ${namesOf(passed)} asleep although free to go on, and nobody is left to wake them${rest}`
}

function deadlockText(asleep: readonly Task[]): string {
  return `deadlock: ${namesOf(asleep)} asleep on what nobody will give back`
}
