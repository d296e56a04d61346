/**
 * One body as an agent: its tasks, timers, waiters and ports. What belongs to the execution (which tasks wait, when timers are due)
 * outlives the body's runs; what belongs to a run (callbacks, promises) is made anew whenever the body is run again from its log.
 */

/** Something that an agent's event loop runs. */
export interface Task {
  readonly kind: 'settle' | 'timer' | 'message'
  /** Number of the waiter, timer or sender. */
  readonly id: number
  readonly value: unknown
  /** Clocks of whoever sent it. */
  readonly known: Int32Array | undefined
  /** Virtual time at which a timer was due. */
  readonly due?: number
}

/** A timer that is set. */
export interface Timer {
  readonly deadline: number
  /** Its delay is no longer than a turn of the loop: it may run at any moment from now on. */
  readonly soon: boolean
  readonly repeatNs: number
  /** setImmediate is a source of its own. */
  readonly immediate: boolean
}

/** A waiter of Atomics.waitAsync that is in a list. */
export interface Waiter {
  readonly queue: number
  readonly word: number
  readonly arrival: number
  readonly deadline: number
  /** The word does no longer hold what the waiter has seen. */
  readonly changed: () => boolean
  readonly name: string
}

/**
 * Timers of up to 1 ms that may run at any moment in a row while the agent changes nothing; after that they wait, as longer ones do,
 * until nothing else can run.
 */
const SOON_IN_A_ROW = 64

/** The event loop of one body. */
export class Agent {
  // Of the execution.
  readonly settles: Task[] = []
  readonly messages = new Map<number, Task[]>()
  readonly listening = new Set<number>()
  readonly timers = new Map<number, Timer>()
  readonly waiters = new Map<number, Waiter>()
  /** Tasks that have begun, for the next run of the body. */
  readonly begun: Task[] = []
  /** Whom each notify has woken asynchronously, for the same. */
  readonly wakes: (readonly (readonly [cpu: number, waiter: number])[])[] = []
  /** Nothing runs: the agent waits for a task. */
  idle = false
  /** Timers that have run in a row at any moment: a loop that polls by them must not keep all others from theirs. */
  #inARow = 0
  #changes = 0
  // Of this run of the body.
  alive = false
  settled = false
  readonly callbacks = new Map<string, (value: unknown) => void>()
  #timer = 0
  #waiter = 0

  /** The body is about to be run again from its start. */
  reborn(): void {
    this.alive = true
    this.settled = false
    this.callbacks.clear()
    this.#timer = this.#waiter = 0
  }

  nextTimer(): number {
    return ++this.#timer
  }

  nextWaiter(): number {
    return ++this.#waiter
  }

  #soonest(immediate: boolean): number {
    let best = -1
    for (const [id, timer] of this.timers) {
      if (!timer.soon || timer.immediate !== immediate) continue
      if (best < 0 || timer.deadline < (this.timers.get(best)?.deadline ?? 0)) best = id
    }
    return best
  }

  /** The first task of each source that has one: the standard does not say which of them runs next. */
  ready(): (() => Task)[] {
    const found: (() => Task)[] = []
    if (this.settles.length > 0) found.push(() => this.settles.shift() as Task)
    for (const [sender, queue] of this.messages) {
      if (queue.length > 0 && this.listening.has(sender)) found.push(() => queue.shift() as Task)
    }
    if (this.rationed) return found
    for (const immediate of [false, true]) {
      const id = this.#soonest(immediate)
      if (id >= 0) found.push(() => this.fire(id))
    }
    return found
  }

  /** Its short timers wait until nothing else can run. */
  get rationed(): boolean {
    return this.#inARow >= SOON_IN_A_ROW
  }

  /** It begins a task. `changes`: how often it has changed a word up to now. */
  begin(task: Task, changes: number): void {
    this.#inARow = task.kind === 'timer' && changes === this.#changes ? this.#inARow + 1 : 0
    this.#changes = changes
  }

  /** A timer runs. */
  fire(id: number): Task {
    const timer = this.timers.get(id) as Timer
    this.timers.delete(id)
    if (timer.repeatNs >= 0) this.timers.set(id, { ...timer, deadline: timer.deadline + timer.repeatNs })
    return { kind: 'timer', id, value: undefined, known: undefined, due: timer.deadline }
  }

  /** When the earliest timer or waiter is due. */
  deadline(): number {
    let least = Infinity
    for (const { deadline } of this.timers.values()) least = Math.min(least, deadline)
    for (const { deadline } of this.waiters.values()) least = Math.min(least, deadline)
    return least
  }

  /** What is due at this time. */
  due(deadline: number): Task {
    for (const [id, waiter] of this.waiters) {
      if (waiter.deadline !== deadline) continue
      this.waiters.delete(id)
      return { kind: 'settle', id, value: 'timed-out', known: undefined }
    }
    for (const [id, timer] of this.timers) if (timer.deadline === deadline) return this.fire(id)
    throw new Error('nothing is due')
  }
}
