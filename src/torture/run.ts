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
import { alloc_boot, arenaUsedWords, createArena } from '../mem/arena.ts'
import { strings_init } from '../mem/strings.ts'
import type { TortureResult } from '../results/torture.ts'
import type { BodyArg } from './body.ts'
import type { Detectors } from './detectors.ts'
import { FIRST_CPU, HALT, RUN, STOP, torture_control, torture_task } from './control.ts'
import { Findings } from './findings.ts'
import { formatParams, type Params } from './params.ts'
import { RunningClock } from './running_clock.ts'
import { measured } from './measured.ts'
import { Tally } from './tally.ts'
import type { TaskKind, TortureType } from './type.ts'
import { ProgressWatch, type Look } from './watch.ts'

const ARENA_BYTES = 8 << 20
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
  readonly #findings: Findings
  readonly #kinds: readonly TaskKind[]
  readonly #view: Int32Array
  readonly #control: number
  readonly #state: number
  readonly #tally: Tally
  readonly #progress: ProgressWatch
  readonly #hung: HungTaskWatch
  readonly #abort = new AbortController()
  readonly #workers: Promise<unknown>
  #running = false
  #ended = false
  #broken: Broken | undefined
  readonly #clock = new RunningClock()
  #started = 0
  #nextHung = 0
  #nextStats: number
  #toldLast = false
  #cause: TortureResult['cause'] = ''

  constructor(type: TortureType, options: TortureOptions) {
    this.#type = type
    this.#options = options
    this.#params = type.resolve(options.params, options.cores)
    this.#findings = new Findings(options.print)
    this.#kinds = type.tasks(this.#params)
    const tasks = this.#kinds.reduce((sum, kind) => sum + kind.tasks, 0)
    if (tasks === 0) throw new RangeError('a test needs at least one task')
    const cpus = tasks + FIRST_CPU
    const sab = createArena(options.detectors?.arenaBytes(ARENA_BYTES, cpus) ?? ARENA_BYTES, cpus)
    this.#view = new Int32Array(sab)
    strings_init()
    options.detectors?.attach()
    this.#control = alloc_boot(torture_control.words)
    const slots = alloc_boot(tasks * torture_task.words)
    const from = arenaUsedWords()
    this.#state = type.init(this.#params)
    const region = [from, arenaUsedWords()] as const
    this.#tally = new Tally(this.#view, slots, this.#kinds, type.counters)
    const { view, control, state } = { view: this.#view, control: this.#control, state: this.#state }
    this.#progress = new ProgressWatch({ view, control, firstCpu: FIRST_CPU, tasks, region, type, state })
    this.#hung = new HungTaskWatch(view, { hungSeconds: 20, lockupSeconds: 10 })
    this.#nextStats = this.#params.stat_interval
    this.#setPhase(HALT)
    const arg: BodyArg = {
      type: type.name,
      kinds: this.#kinds,
      params: this.#params,
      state,
      control,
      slots,
    }
    this.#workers = this.#start(sab, tasks, arg)
  }

  #start(sab: SharedArrayBuffer, tasks: number, arg: BodyArg): Promise<unknown> {
    const { detectors, checked = false } = this.#options
    this.#say(`--- Start of test${this.#suffix()}: ${this.#paramText()}`)
    for (const line of this.#type.opening?.(this.#params) ?? []) this.#options.print(line)
    for (const { comm, tasks: n } of this.#kinds) {
      for (let i = 0; i < n; i++) this.#say(` Creating ${comm} task`, 1)
    }
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

  /** Runs to the verdict. */
  async run(): Promise<TortureResult> {
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
      const faults = this.#type.audit?.(this.#state, this.#tally, this.#params) ?? []
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
    for (const { comm } of this.#kinds) this.#say(` Stopping ${comm} task`, 1)
    this.#setPhase(STOP)
    const tasks = this.#tally.tasks.length
    this.#type.drain?.(this.#state, tasks)
    while (!this.#ended) {
      this.#poll()
      await Promise.race([this.#workers, sleep(REST_POLL_MS)])
    }
    this.#collect()
    this.#lastStats()
    for (const text of this.#type.finish?.(this.#state) ?? [])
      this.#findings.add('audit', text, this.#elapsed())
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
      this.#stats(false)
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

  #lastStats(): void {
    if (this.#toldLast) return
    this.#toldLast = true
    this.#stats(true)
  }

  #stats(last: boolean): void {
    for (const line of this.#type.stats(this.#tally, this.#state, last)) this.#options.print(line)
  }

  #verdict(bootMs: number): TortureResult {
    const durationMs = this.#elapsed()
    const { detectors, print } = this.#options
    for (const text of detectors?.reports(this.#view) ?? []) this.#findings.add('detector', text, durationMs)
    const lockStat = detectors?.stats(this.#view)
    const failed = this.#findings.total > 0
    const verdict = failed ? 'FAILURE' : 'SUCCESS'
    this.#lastStats()
    lockStat?.lines.forEach(print)
    this.#say(`--- End of test: ${verdict}${this.#suffix()}: ${this.#paramText()}`)
    const { name, summary, busted = '' } = this.#type
    return {
      type: name,
      summary,
      busted,
      verdict,
      cause: this.#cause === '' && failed ? 'check' : this.#cause,
      asExpected: failed === (busted !== ''),
      params: Object.fromEntries(this.#type.params.map((param) => [param, this.#params[param]])),
      durationMs: Math.round(durationMs),
      bootMs: Math.round(bootMs),
      findings: this.#findings.all,
      ...(lockStat !== undefined && { lockStat: lockStat.rows }),
      ...measured(this.#tally, this.#type, durationMs),
    }
  }

  #elapsed(): number {
    return this.#clock.now() - this.#started
  }

  #setPhase(phase: number): void {
    Atomics.store(this.#view, this.#control, phase)
    Atomics.notify(this.#view, this.#control)
  }

  #suffix(): string {
    const { checked, detectors } = this.#options
    return checked === true || detectors !== undefined ? ' [debug]' : ''
  }

  #paramText(): string {
    return formatParams(this.#type.params, this.#params)
  }

  #say(text: string, level: number = 0): void {
    if (this.#params.verbose >= level) this.#options.print(`${this.#type.name}-torture:${text}`)
  }
}

/** Runs one torture test. Rejects with a RangeError if the parameters leave it no task. */
export async function torture(type: TortureType, options: TortureOptions): Promise<TortureResult> {
  return new TortureRun(type, options).run()
}
