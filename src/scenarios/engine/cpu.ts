/**
 * A worker of the crew: it takes one job after the other from the main thread, each for a new arena.
 *
 *   boot   make the machine and set the scenario up          alone
 *   race   one CPU's body, forced by the schedule or free    all at once
 *   look   check and collect the reports                     alone
 *
 * Invariant   after a job, no observer and no controller of it is left in this thread.
 */
import { attach, memory, WRITE_ONCE } from '#access'
import { errname } from '../../base/errno.ts'
import { Oops } from '../../base/kernel_error.ts'
import {
  detectors_attach,
  detectors_detach,
  detectors_init,
  Lockdep,
  type DetectorPlan,
  type LockdepOptions,
} from '../../debug/index.ts'
import { framesOf, frameText } from '../../debug/stack.ts'
import * as fast from '../../mem/access.fast.ts'
import { native, setController, type Controller } from '../../mem/access.checked.ts'
import { attachArena } from '../../mem/arena.ts'
import { raw_attach } from '../../mem/raw.ts'
import { current, task_struct, TASK_DEAD, TASK_DONE, TASK_RUNNING } from '../../mem/task.ts'
import { installObserver, removeObserver } from '../../trace/observers.ts'
import type { Observer } from '../../trace/observer.ts'
import { bootRace } from '../../races/boot.ts'
import { scenarioNamed } from '../../races/registry.ts'
import { doneAtReturn, type FileRef } from '../../define/brought.ts'
import { loadFiles } from '../../define/load.ts'
import type { Scenario } from '../../define/race.ts'
import { lookAround, prepareDetectors, type Remains } from './boot.ts'
import { Conductor } from './conductor.ts'
import { OrderObserver } from './order.ts'
import { record } from './record.ts'
import { NeverRuns, Stage } from './stage.ts'
import { scenario_words, STAGE, stage_root } from './stage_words.ts'

const STATE = task_struct.offset.state

/** One job. `cpus` is the number of bodies; the CPU of boot and look is the one after them. */
export interface Job {
  readonly kind: 'boot' | 'race' | 'look'
  readonly sab: SharedArrayBuffer
  readonly cpu: number
  readonly cpus: number
  readonly scenario: string
  readonly strategy: string
  /** Race under the schedule; needs the checked build. */
  readonly forced: boolean
  /** Who watches a free run; needs the checked build. Over a forced one lockdep always watches. */
  readonly detectors?: DetectorPlan
  readonly answers: readonly string[]
  /** The order of what the CPUs do is kept (order.ts); needs the checked build, and an arena with room for it. */
  readonly keepsOrder?: boolean
  /** A validator other than that of the race's boot. */
  readonly lockdep?: LockdepOptions
  /** Files that bring the race or the strategy. */
  readonly files?: readonly FileRef[]
}

/** What a body came to. */
export interface RaceEnd {
  /** `ok`, an errno's name, `oops` or `hangs`. */
  readonly answer: string
  /** Functions that a CPU which hangs was in, innermost first. */
  readonly stack: readonly string[]
}

/** A CPU that hangs shows as many functions as this, those of the engine included. */
const STACK_DEPTH = 48

/** Does a job. What it throws breaks the run: it is no verdict. */
export async function doJob(job: Job): Promise<RaceEnd | Remains | undefined> {
  await loadFiles(job.files)
  return done(job)
}

function done(job: Job): RaceEnd | Remains | undefined {
  Error.stackTraceLimit = STACK_DEPTH
  const before = memory()
  attachArena(job.sab, job.cpu)
  raw_attach()
  try {
    const scenario = scenarioNamed(job.scenario) as Scenario
    if (job.kind === 'look') return lookAround(scenario, job.answers)
    if (job.kind === 'race') return race(job, scenario)
    boot(job, scenario)
    return undefined
  } finally {
    attach(before, 0, 0)
  }
}

/** Who keeps the order of what this CPU does, if somebody wants it. */
function keepers({ keepsOrder = false, cpu }: Job): readonly OrderObserver[] {
  return keepsOrder ? [new OrderObserver(cpu)] : []
}

/** What the stage does in place of the hardware, told to who keeps the order. */
function controllerOf(stage: Stage, keeper: OrderObserver | undefined): Controller {
  return {
    ...native,
    futex_wait(word, seen, timeoutNs) {
      keeper?.wait()
      const result = stage.wait(word, seen, timeoutNs)
      keeper?.waited(word, result)
      return result
    },
    futex_wake(word, most) {
      const woken = stage.wake(word, most)
      keeper?.wake()
      return woken
    },
    cpu_relax: () => stage.relax(),
    ktime_get_ns: () => stage.now(),
  }
}

function listening<T>(observers: readonly Observer[], fn: () => T): T {
  observers.forEach(installObserver)
  try {
    return fn()
  } finally {
    observers.forEach(removeObserver)
  }
}

/** A free run under its detectors, or under none: the fast build has no tracepoints. */
function watched<T>({ detectors }: Job, fn: () => T): T {
  if (detectors === undefined) return fn()
  detectors_attach(detectors)
  try {
    return fn()
  } finally {
    detectors_detach()
  }
}

function boot(job: Job, scenario: Scenario): void {
  if (!job.forced) {
    if (!detectors_init(job.detectors ?? {})) throw new Error('the arena is too small for the detectors')
    watched(job, () => bootRace(scenario, job.strategy, scenario_words()))
    return
  }
  prepareDetectors(job.lockdep ?? scenario.boot?.lockdep)
  const namer: Observer = { name: 'namer', lockInit: (lock, _depMap, name) => record({ lock, name }) }
  listening([namer, new Lockdep()], () => bootRace(scenario, job.strategy, scenario_words()))
  Stage.open(scenario.schedule)
}

function race(job: Job, scenario: Scenario): RaceEnd {
  const body = (words: number): number =>
    doneAtReturn(`cpus[${job.cpu}]`, (scenario.cpus[job.cpu] as (words: number) => number)(words))
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  if (!job.forced) {
    return watched(job, () => {
      meet(job.cpus)
      return listening(keepers(job), () => run(() => body(scenario_words())))
    })
  }
  const conductor = new Conductor(job.cpu, scenario)
  const { stage } = conductor
  const kept = keepers(job)
  setController(controllerOf(stage, kept[0]))
  try {
    return listening([conductor, new Lockdep(), ...kept], () => {
      stage.play()
      const end = run(() => body(scenario_words()))
      if (end.answer === 'hangs') return end
      conductor.row(end.answer === 'oops' ? '/* dies */' : `return ${end.answer}`)
      stage.leave()
      return end
    })
  } finally {
    setController()
  }
}

/** All CPUs of an unforced run leave together. */
function meet(cpus: number): void {
  const word = stage_root() + STAGE.arrived
  fast.fetch_add(word, 1)
  while (fast.READ_ONCE(word) < cpus);
}

function run(body: () => number): RaceEnd {
  try {
    const answer = body()
    WRITE_ONCE(current() + STATE, TASK_DONE)
    return { answer: answer < 0 ? errname(answer) : 'ok', stack: [] }
  } catch (error) {
    if (error instanceof NeverRuns) return { answer: 'hangs', stack: framesOf(error).map(frameText) }
    if (error instanceof Oops) return { answer: 'oops', stack: [] }
    WRITE_ONCE(current() + STATE, TASK_DEAD)
    throw error
  }
}
