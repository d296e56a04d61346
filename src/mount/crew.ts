/**
 * The server threads, as main sees them: it starts them, hears how they end, and answers for those that ended without a word.
 *
 * Context  main's event loop.
 */
import { writeSync } from 'node:fs'
import { EIO } from '../base/errno.ts'
import { onArena } from '../machine/on_arena.ts'
import { HEAP_MB } from '../machine/plan.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import type { Closing } from './closing.ts'
import { answer } from './protocol.ts'
import type { ThreadData, ThreadMessage } from './thread.ts'
import { UnderWay } from './under_way.ts'
import { Threads } from './words.ts'

const entry = new URL('../../workers/mount.js', import.meta.url)
/** A server makes small objects that die young. */
const YOUNG_MB = 4
/**
 * A thread that has answered may be on its way to its next read. Only if nobody has come there after so many milliseconds, more are
 * needed.
 */
const SETTLE_MS = 10

/** A thread died: an Oops is a finding about the emulated kernel, anything else is a fault of ours. */
export type Died = (cpu: number, oops: boolean, text: string) => void

/** See the head of this file. */
export class MountCrew {
  readonly #data: Omit<ThreadData, 'cpu' | 'underWay'>
  readonly #threads: Threads
  readonly #died: Died
  readonly #crew = new Map<number, WorkerThread>()
  readonly #view: Int32Array
  #underWay = 0
  #next = 0
  #closing: Closing | undefined
  #terminating = false
  #settling = false
  #booted: ((ret: number) => void) | undefined
  #empty: () => void = () => {}
  /** Resolves when no thread is left. */
  readonly left = new Promise<void>((resolve) => {
    this.#empty = resolve
  })

  constructor(data: Omit<ThreadData, 'cpu' | 'underWay'>, died: Died) {
    this.#data = data
    this.#threads = new Threads(data.words)
    this.#died = died
    this.#view = new Int32Array(data.sab)
  }

  /** What was found at the end; undefined if CPU 0 did not come to it. */
  get closing(): Closing | undefined {
    return this.#closing
  }

  /** CPUs whose threads are there. */
  get aboard(): number[] {
    return [...this.#crew.keys()]
  }

  /** Threads that were started altogether. */
  get started(): number {
    return this.#next
  }

  /** Starts CPU 0, which boots. Returns 0 or a negative errno. Rejects with what it throws. */
  async boot(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#booted = resolve
      this.#start(reject)
    })
  }

  /** The file system is mounted: threads begin, as many as `first` at once. */
  open(first: number): void {
    this.#threads.open(true)
    this.#grow(first - this.#next)
  }

  /** Nothing will be mounted: CPU 0 leaves. */
  cancel(): void {
    this.#threads.open(false)
  }

  /** Ends threads that sleep in the emulated kernel and will not wake. Resolves when none is aboard any more. */
  async terminate(): Promise<void> {
    this.#terminating = true
    for (const thread of this.#crew.values()) void thread.end()
    // A thread is ended before it is known here as gone: who asks for `aboard` then would count it as one that cannot be ended.
    await this.left
  }

  #consider(): void {
    if (this.#settling) return
    this.#settling = true
    setTimeout(() => {
      this.#settling = false
      if (this.#threads.wanted) this.#grow(Math.max(2, this.#next >> 1))
    }, SETTLE_MS)
  }

  #grow(count: number): void {
    for (let i = 0; i < count && this.#next < this.#data.most; i++) this.#start()
  }

  #start(broke: (error: Error) => void = () => {}): void {
    const cpu = this.#next++
    this.#threads.started()
    const thread = new WorkerThread({ entry, inherits: true, heapMb: HEAP_MB, youngMb: YOUNG_MB })
    this.#crew.set(cpu, thread)
    void this.#serve(cpu, thread, broke)
  }

  /** From the first word of a thread to its end. */
  async #serve(cpu: number, thread: WorkerThread, broke: (error: Error) => void): Promise<void> {
    const data: ThreadData = { ...this.#data, cpu, underWay: this.#underWay }
    let ended = false
    try {
      await thread.runTelling<void>(data, (message: ThreadMessage) => {
        ended ||= message.type === 'ended'
        this.#heard(cpu, message)
      })
    } catch (error) {
      const { message, stack = message } = error as Error
      const [exited] = /exited with code.*/.exec(message) ?? []
      if (!ended && !this.#terminating)
        this.#lost(cpu, exited === undefined ? stack : `its thread ${exited.replace(':', '')}`)
      broke(error as Error)
    }
    await thread.end()
    this.#gone(cpu)
  }

  #heard(cpu: number, message: ThreadMessage): void {
    if (message.type === 'booted') {
      this.#underWay = message.underWay
      this.#booted?.(message.ret)
    } else if (message.type === 'more') this.#consider()
    else if (message.type === 'closed') this.#closing = message.closing
    else if (message.end.kind === 'died') this.#died(cpu, message.end.oops, message.end.text)
  }

  /** A thread ended without answering its request: main does. What it held stays held. */
  #lost(cpu: number, why: string): void {
    if (this.#underWay !== 0) {
      const unique = onArena(this.#view, () => new UnderWay(this.#underWay).of(cpu))
      try {
        if (unique !== 0n) writeSync(this.#data.fd, answer(unique, -EIO))
      } catch {
        // The client has gone, or the mount.
      }
    }
    this.#died(cpu, false, why)
  }

  #gone(cpu: number): void {
    this.#crew.delete(cpu)
    this.#threads.goes()
    if (this.#crew.size > 0) return
    // Nobody comes back: one that was asked for and has not begun would be there when all have been said to be gone.
    this.#threads.over()
    this.#empty()
  }
}
