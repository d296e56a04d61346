/**
 * A torture of a user's lock, which lies in a buffer of its own: real threads, no kernel below it.
 *
 * Course    all threads start and park · RUN for `stutter`, HALT until all rest, audit, again · STOP.
 * Findings  two inside, updates lost, a lost wake-up, a write beside the lock, a throw, a hang. The last two end the test, and with it
 *           its threads: whatever they do, main waits for none of them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOf, toldOf, type FileRef } from '../../define/brought.ts'
import type { Lock } from '../../define/lock.ts'
import { WorkerThread } from '../../machine/worker_thread.ts'
import type { DeadOwner, TortureResult } from '../../results/torture.ts'
import { HALT, RUN, STOP } from '../control.ts'
import { Findings } from '../findings.ts'
import { formatParams, type Params } from '../params.ts'
import { lastWord, resultOf } from '../result.ts'
import { RunningClock } from '../running_clock.ts'
import { Tally, type TaskKind } from '../tally.ts'
import * as c from './control.ts'
import { deadOwner, deadOwnerFault, deadOwnerText } from './dead_owner.ts'
import { eventBytes, eventLines, freeze } from './events.ts'
import { Margins } from './margins.ts'
import { OWN, ownParams } from './params.ts'
import { Standstill } from './standstill.ts'
import { ownStats } from './stats.ts'

const ENTRY = new URL('../../../workers/own_lock.js', import.meta.url)
const POLL_MS = 4
const START_LIMIT_MS = 60_000
const FAILURES = {
  fail_writer_writer: 'exclusion: a thread had the lock, and another was inside',
  fail_writer_reader: 'exclusion: a thread had the lock alone, and one that shares it was inside',
  fail_reader_writer: 'exclusion: a thread shared the lock, and one that has it alone was inside',
} as const
/** How to torture a lock. */
export interface OwnOptions {
  readonly params: Params
  readonly cores: number
  readonly signal?: AbortSignal
  readonly print: (line: string) => void
}

/** The test cannot go on. */
class Ended extends Error {}

/** How a thread has ended that did not tell. */
function endOf({ message, stack = message }: Error, file: Pick<FileRef, 'url'>): string {
  return /exited with code/i.test(message)
    ? 'was ended by the code of the lock, as process.exit does'
    : `left something that nobody handles: ${toldOf(stack, [file])}`
}

class OwnRun {
  readonly #lock: Lock
  readonly #params: Params
  readonly #options: OwnOptions
  readonly #findings: Findings
  readonly #clock = new RunningClock()
  readonly #margins: Margins
  readonly #control: Int32Array
  readonly #events: Int32Array
  readonly #tally: Tally
  readonly #still: Standstill
  readonly #threads: readonly WorkerThread[]
  readonly #gone: Promise<unknown>[] = []
  #started = 0
  #cause: TortureResult['cause'] = ''

  constructor(lock: Lock, options: OwnOptions) {
    const params = ownParams(lock, options.params, options.cores)
    const kinds: TaskKind[] = [
      { comm: 'writer', body: 'writer', tasks: params.nwriters_stress },
      { comm: 'reader', body: 'reader', tasks: params.nreaders_stress },
    ]
    const threads = params.nwriters_stress + params.nreaders_stress
    this.#lock = lock
    this.#params = params
    this.#options = options
    this.#findings = new Findings(options.print)
    this.#margins = new Margins(lock.words)
    this.#control = new Int32Array(new SharedArrayBuffer(c.controlBytes(threads)))
    this.#events = new Int32Array(new SharedArrayBuffer(eventBytes(threads)))
    this.#tally = new Tally(this.#control, c.SLOTS, kinds, c.COUNTERS)
    this.#still = new Standstill(
      this.#margins.view,
      lock.words,
      this.#control,
      this.#tally.tasks,
      (still) => {
        freeze(this.#events, still)
      },
    )
    this.#setPhase(HALT)
    this.#say(`--- Start of test: ${formatParams(OWN.params, params)}`)
    this.#threads = this.#tally.tasks.map((_, thread) => this.#start(thread, kinds))
  }

  #start(thread: number, kinds: readonly TaskKind[]): WorkerThread {
    const given: c.OwnThread = {
      url: filesOf('lock', [this.#lock.name])[0]?.url ?? '',
      lock: this.#lock.name,
      thread,
      reader: thread >= this.#params.nwriters_stress,
      kinds,
      memory: this.#margins.memory,
      control: this.#control.buffer as SharedArrayBuffer,
      events: this.#events.buffer as SharedArrayBuffer,
      longHoldMs: this.#params.long_hold,
      seed: this.#params.seed,
    }
    const worker = new WorkerThread({ entry: ENTRY, inherits: true })
    this.#gone.push(
      worker.run<string>(given).then(
        (told) => told !== '' && this.#crashed(`thread ${thread} threw: ${told}`),
        (error: Error) => this.#crashed(`thread ${thread} ${endOf(error, given)}`),
      ),
    )
    return worker
  }

  #crashed(text: string): void {
    if (this.#cause !== '') return
    this.#cause = 'crash'
    this.#findings.add('crash', text, this.#elapsed())
  }

  async run(): Promise<TortureResult> {
    const born = this.#clock.now()
    let bootMs = 0
    try {
      await this.#rest()
      this.#started = this.#clock.now()
      bootMs = this.#started - born
      await this.#torture()
      this.#setPhase(STOP)
      await Promise.all(this.#gone)
    } catch (error) {
      if (!(error instanceof Ended)) throw error
    }
    this.#tally.collect()
    this.#check()
    const durationMs = this.#started === 0 ? 0 : this.#elapsed()
    await Promise.all(this.#threads.map((thread) => thread.end()))
    const judged = this.#findings.total === 0 && !this.#interrupted
    const dead = judged ? await deadOwner(this.#lock) : undefined
    const late = deadOwnerFault(dead)
    if (late !== '') this.#findings.add('timeout', late, durationMs)
    return this.#result(bootMs, durationMs, dead)
  }

  async #torture(): Promise<void> {
    const { stutter } = this.#params
    while (!this.#over) {
      this.#setPhase(RUN)
      const until = stutter === 0 ? Infinity : this.#elapsed() + stutter
      while (!this.#over && this.#elapsed() < until) {
        await sleep(POLL_MS)
        this.#poll()
      }
      this.#setPhase(HALT)
      await this.#rest()
      this.#audit()
    }
  }

  get #over(): boolean {
    return this.#elapsed() >= this.#params.shutdown_secs || this.#interrupted
  }

  get #interrupted(): boolean {
    return this.#options.signal?.aborted === true
  }

  /** Waits until all threads have started, and none is at work. */
  async #rest(): Promise<void> {
    while (!this.#still.atRest) {
      this.#poll()
      if (this.#started === 0 && this.#starting && this.#clock.now() > START_LIMIT_MS)
        throw new Error('the threads of the test do not start')
      await sleep(POLL_MS)
    }
    this.#tally.collect()
  }

  get #starting(): boolean {
    return this.#tally.tasks.some((_, i) => Atomics.load(this.#control, c.slotOf(i) + c.DOING) === c.STARTING)
  }

  #poll(): void {
    this.#tally.collect()
    this.#check()
    if (this.#cause !== '') throw new Ended()
    if (this.#starting) return
    const { kind, text } = this.#still.look(this.#clock.now())
    if (kind === '') return
    this.#findings.add(kind, text, this.#elapsed())
    if (kind === 'lost_wakeup') return
    this.#cause = 'hang'
    throw new Ended()
  }

  /** What can be seen at any time. */
  #check(): void {
    for (const [counter, text] of Object.entries(FAILURES)) {
      const times = this.#tally.sum(counter)
      if (times > 0) this.#findings.set(counter, text, this.#elapsed(), times)
    }
    const { times, text } = this.#margins.written()
    if (times > 0) this.#found('corruption', text, times)
  }

  /** At rest, updates under the lock must be as many as the threads have made. */
  #audit(): void {
    const made = this.#tally.sum('acquired_write')
    const lost = (made - (Atomics.load(this.#control, c.GUARDED) >>> 0)) | 0
    if (lost === 0) return
    const text = `conservation: ${Math.abs(lost)} of ${made} updates under the lock were lost`
    this.#found('audit', text, Math.abs(lost))
  }

  /** What main finds while the threads go on. */
  #found(kind: string, text: string, times: number): void {
    freeze(this.#events)
    this.#findings.set(kind, text, this.#elapsed(), times)
  }

  #result(bootMs: number, durationMs: number, dead: DeadOwner | undefined): TortureResult {
    const tested = { ...OWN, name: this.#lock.name }
    const cut = this.#interrupted && durationMs < this.#params.shutdown_secs
    const course = {
      params: this.#params,
      findings: this.#findings,
      cause: this.#cause,
      cut,
      durationMs,
      bootMs,
    }
    const result = resultOf(tested, course, this.#tally)
    for (const line of ownStats(this.#tally, this.#control)) this.#options.print(line)
    if (dead !== undefined) this.#say(deadOwnerText(dead))
    this.#say(`--- End of test: ${lastWord(result)}: ${formatParams(OWN.params, this.#params)}`)
    return {
      ...result,
      ...(result.verdict === 'FAILURE' && { events: eventLines(this.#events, this.#tally.tasks.length) }),
      ...(dead !== undefined && { deadOwner: dead }),
    }
  }

  #say(text: string): void {
    this.#options.print(`${this.#lock.name}-torture:${text}`)
  }

  #elapsed(): number {
    return this.#clock.now() - this.#started
  }

  #setPhase(phase: number): void {
    Atomics.store(this.#control, c.PHASE, phase)
    Atomics.notify(this.#control, c.PHASE)
  }
}

/** Tortures a lock that a file has brought. */
export async function tortureOwn(lock: Lock, options: OwnOptions): Promise<TortureResult> {
  return new OwnRun(lock, options).run()
}
