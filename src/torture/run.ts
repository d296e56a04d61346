/**
 * One torture test from power-on to verdict. Main only plans and watches: it never blocks and takes no lock while tasks run.
 *
 * Course   all tasks park at their first turn · RUN for `stutter`, HALT until everything is at rest, audit, again ·
 *          at the end a last HALT and audit, then STOP, drain and final checks.
 * Failing  a check (exclusion, conservation, lost wake-up) lets the test go on; a hang or a dead worker ends it at once, and
 *          all workers with it: nothing can be trusted in an arena whose locks may be held for ever.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { HungTaskWatch } from '../debug/hung_task/index.ts'
import { runBodies } from '../machine/bodies.ts'
import { seeLocks, seeTasks } from '../machine/look.ts'
import { publishMachine, type SeenMachine } from '../machine/published.ts'
import type { TortureResult } from '../results/torture.ts'
import type { BodyArg } from './body.ts'
import type { Detectors } from './detectors.ts'
import { FIRST_CPU, HALT, RUN, STOP } from './control.ts'
import { Findings } from './findings.ts'
import { layOut, type Ground } from './ground.ts'
import type { Params } from './params.ts'
import { lastWord, resultOf } from './result.ts'
import { RunningClock } from './running_clock.ts'
import { Tally } from './tally.ts'
import { Transcript } from './transcript.ts'
import type { TortureType } from './type.ts'
import { ProgressWatch, type Look } from './watch.ts'

const POLL_MS = 8
const REST_POLL_MS = 2
/** Times that an audit must find the same fault in the same standstill. */
const AUDIT_LOOKS = 25
/** Longest that a halt may take. */
const REST_LIMIT_MS = 30_000

/** How to run a test. */
export interface TortureOptions {
  readonly params: Params
  /** Cores to size the defaults for. */
  readonly cores: number
  /** Stop at the first failure. */
  readonly untilFailure?: boolean
  /** Use the checked build. */
  readonly checked?: boolean
  /** Run under detectors: in the checked build, this thread included. */
  readonly detectors?: Detectors
  /** Ends the test early; it still gets its verdict. */
  readonly signal?: AbortSignal
  readonly print: (line: string) => void
}

/** The run itself broke. */
class Broken extends Error {
  readonly kind: 'hang' | 'crash'

  constructor(kind: 'hang' | 'crash', text: string) {
    super(text)
    this.kind = kind
  }
}

class TortureRun {
  readonly #type: TortureType
  readonly #params: Params
  readonly #options: TortureOptions
  readonly #ground: Ground
  readonly #findings: Findings
  readonly #transcript: Transcript
  readonly #tally: Tally
  readonly #progress: ProgressWatch
  readonly #hung: HungTaskWatch
  readonly #clock = new RunningClock()
  readonly #abort = new AbortController()
  readonly #workers: Promise<unknown>
  #running = false
  #ended = false
  #cut = false
  #broken: Broken | undefined
  #started = 0
  #nextHung = 0
  #nextStats: number
  #cause: TortureResult['cause'] = ''

  constructor(type: TortureType, options: TortureOptions) {
    const { detectors, checked = false, print } = options
    this.#type = type
    this.#options = options
    this.#params = type.resolve(options.params, options.cores)
    this.#ground = layOut(type, this.#params, detectors)
    this.#findings = new Findings(print)
    this.#transcript = new Transcript(type, this.#params, checked || detectors !== undefined, print)
    const { view, kinds, slots } = this.#ground
    this.#tally = new Tally(view, slots, kinds, type.counters)
    this.#progress = new ProgressWatch({ ...this.#ground, firstCpu: FIRST_CPU, type })
    this.#hung = new HungTaskWatch(view, { hungSeconds: 20, lockupSeconds: 10 })
    this.#nextStats = this.#params.stat_interval
    this.#setPhase(HALT)
    this.#transcript.start(this.#ground)
    this.#workers = this.#start()
  }

  #start(): Promise<unknown> {
    const { detectors, checked = false } = this.#options
    const { sab, tasks, kinds, state, control, slots } = this.#ground
    const arg: BodyArg = { type: this.#type.name, kinds, params: this.#params, state, control, slots }
    return runBodies({
      sab,
      cpus: tasks,
      firstCpu: FIRST_CPU,
      module: detectors?.module ?? new URL('./body.js', import.meta.url),
      body: 'kthread',
      arg: detectors === undefined ? arg : { ...arg, detectors: detectors.plan },
      checked: checked || detectors !== undefined,
      timeoutMs: 0x7fff_ffff,
      signal: this.#abort.signal,
    }).then(
      () => (this.#ended = true),
      (error: unknown) => (this.#broken ??= new Broken('crash', String((error as Error).stack ?? error))),
    )
  }

  /** As it is now, for who looks at runs. */
  #see(): SeenMachine {
    const { view, kinds } = this.#ground
    const names = kinds.flatMap(({ comm, tasks }) => Array.from({ length: tasks }, () => comm))
    const tasks = seeTasks(view).map((task) => ({ ...task, doing: names[task.cpu - FIRST_CPU] ?? '' }))
    const { name } = this.#type
    return { name, active: true, tasks: tasks.slice(FIRST_CPU), locks: seeLocks(view), creates: 0 }
  }

  /** Runs to the verdict. */
  async run(): Promise<TortureResult> {
    const unpublish = publishMachine(() => this.#see())
    try {
      return await this.#toVerdict()
    } finally {
      unpublish()
    }
  }

  async #toVerdict(): Promise<TortureResult> {
    const born = performance.now()
    let bootMs = 0
    try {
      await this.#rest()
      bootMs = performance.now() - born
      this.#started = this.#clock.now()
      this.#running = true
      await this.#torture()
      await this.#stop()
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      this.#cause = error.kind
      this.#findings.add(error.kind, error.message, this.#elapsed())
      this.#abort.abort(error)
      await this.#workers
    }
    this.#collect()
    return this.#verdict(bootMs)
  }

  async #torture(): Promise<void> {
    const { stutter, shutdown_secs } = this.#params
    const over = (): boolean =>
      this.#elapsed() >= shutdown_secs ||
      this.#options.signal?.aborted === true ||
      (this.#options.untilFailure === true && this.#findings.total > 0)
    while (!over()) {
      this.#setPhase(RUN)
      const until = stutter === 0 ? Infinity : this.#elapsed() + stutter
      while (!over() && this.#elapsed() < until) {
        await sleep(POLL_MS)
        this.#poll()
      }
      this.#setPhase(HALT)
      await this.#rest()
      await this.#audit()
    }
    this.#cut = this.#options.signal?.aborted === true && this.#elapsed() < shutdown_secs
  }

  /** Waits until no task can move by itself. */
  async #rest(): Promise<void> {
    const limit = this.#clock.now() + REST_LIMIT_MS
    for (;;) {
      const { still, asleep, looks, lost } = this.#poll()
      if (still && asleep.length === 0) return
      // Sleepers for want of something that a parked task has: enough if they do not stir.
      if (still && this.#type.mayStarve === true && looks > 3 && lost === undefined) return
      if (this.#clock.now() > limit) {
        throw new Broken('hang', `the tasks do not come to rest within ${REST_LIMIT_MS / 1000} s`)
      }
      await sleep(REST_POLL_MS)
    }
  }

  async #audit(): Promise<void> {
    for (let looks = 1; ; looks++) {
      this.#tally.collect()
      const faults = this.#type.audit?.(this.#ground.state, this.#tally, this.#params) ?? []
      if (faults.length === 0) return
      if (looks >= AUDIT_LOOKS) {
        for (const text of faults) this.#findings.add('audit', text, this.#elapsed())
        return
      }
      await sleep(REST_POLL_MS)
      await this.#rest()
    }
  }

  async #stop(): Promise<void> {
    const { state, tasks } = this.#ground
    this.#transcript.stopping(this.#ground)
    this.#setPhase(STOP)
    this.#type.drain?.(state, tasks)
    while (!this.#ended) {
      this.#poll()
      await Promise.race([this.#workers, sleep(REST_POLL_MS)])
    }
    this.#collect()
    this.#transcript.stats(this.#tally, state, true)
    for (const text of this.#type.finish?.(state) ?? []) this.#findings.add('audit', text, this.#elapsed())
  }

  #poll(): Look {
    if (this.#broken !== undefined) throw this.#broken
    this.#collect()
    const look = this.#progress.look()
    if (look.deadlock !== undefined) throw new Broken('hang', look.deadlock)
    if (look.lost !== undefined) this.#findings.add('lost_wakeup', look.lost, this.#elapsed())
    const now = this.#clock.now()
    if (now >= this.#nextHung) {
      this.#nextHung = now + 200
      this.#checkHung(now * 1e6)
    }
    const { stat_interval } = this.#params
    if (stat_interval > 0 && this.#running && this.#elapsed() >= this.#nextStats) {
      this.#nextStats = this.#elapsed() + stat_interval
      this.#transcript.stats(this.#tally, this.#ground.state, false)
    }
    return look
  }

  #checkHung(nowNs: number): void {
    for (const { kind, text } of this.#hung.check(nowNs)) {
      if (kind !== 'hung task') throw new Broken('hang', text)
      this.#findings.add('hung_task', text, this.#elapsed())
    }
  }

  #collect(): void {
    this.#tally.collect()
    for (const [counter, text] of Object.entries(this.#type.failures)) {
      const times = this.#tally.sum(counter)
      if (times > 0) this.#findings.set(counter, text, this.#elapsed(), times)
    }
  }

  #verdict(bootMs: number): TortureResult {
    const durationMs = this.#elapsed()
    const { detectors } = this.#options
    const { view, state } = this.#ground
    for (const text of detectors?.reports(view) ?? []) this.#findings.add('detector', text, durationMs)
    const lockStat = detectors?.stats(view)
    this.#transcript.stats(this.#tally, state, true)
    const course = {
      params: this.#params,
      findings: this.#findings,
      cause: this.#cause,
      cut: this.#cut,
      durationMs,
      bootMs,
    }
    const result = resultOf(this.#type, course, this.#tally)
    this.#transcript.end(lastWord(result))
    return { ...result, ...(lockStat !== undefined && { lockStat }) }
  }

  #elapsed(): number {
    return this.#clock.now() - this.#started
  }

  #setPhase(phase: number): void {
    const { view, control } = this.#ground
    Atomics.store(view, control, phase)
    Atomics.notify(view, control)
  }
}

/** Runs one torture test. Rejects with a RangeError if the parameters leave it no task. */
export async function torture(type: TortureType, options: TortureOptions): Promise<TortureResult> {
  return new TortureRun(type, options).run()
}
