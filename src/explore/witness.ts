/**
 * Schedules on real workers: one that a replay string gives, and samples of which both engines must make the same trace.
 */
import { setController } from '../mem/access.checked.ts'
import { raw_attach } from '../mem/raw.ts'
import { ROW } from './engine/rows.ts'
import type { Execution } from './engine/execution.ts'
import { HAND_OVER_WORDS } from './engine/hand_over.ts'
import { DETECTOR, OUTCOME_NAMES, type OutcomeName } from '../define/outcome.ts'
import { Threads } from './engine/threads.ts'
import { reportTitle } from './lockdep_oracle.ts'
import { replaySchedule } from './minimise.ts'
import { mustGetChecked } from '../machine/checked.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import { filesOfModel, type FileRef } from '../define/brought.ts'
import type { Model, State } from '../define/model.ts'
import { deviationsOf, parseReplay, type Deviation } from './schedule.ts'
import { RandomPolicy } from './searches/random.ts'
import { rulesOf, Stage } from './stage.ts'

/** What a worker is started with. */
export interface CpuData {
  readonly arena: SharedArrayBuffer
  readonly words: Int32Array
  readonly cpu: number
  readonly model: string
  readonly state: State
  readonly lockdep: boolean
  readonly files: readonly FileRef[]
}

/** What the witness says. */
export interface WitnessReport {
  readonly model: string
  /** Sampled schedules, and how many of them both engines ran alike. */
  readonly schedules: number
  readonly alike: number
  /** The first on which they differ, as a replay string and in words. */
  readonly difference: string
  /** Outcome of the schedule that was asked for, on real workers; '' if none was. */
  readonly outcome: OutcomeName | ''
  readonly message: string
}

const MODULE = new URL('../../workers/explore_cpu.js', import.meta.url)

/** A report that lockdep makes on a worker ends the execution. */
function hearReports(threads: Threads, memory: Int32Array): void {
  threads.detector = {
    begin() {},
    heard() {
      const title = reportTitle(memory)
      raw_attach()
      threads.fail(DETECTOR, threads.me, title)
    },
  }
}

/** A model on real workers, beside the stage on this thread. */
class RealStage {
  readonly engine: Threads
  readonly #threads: readonly WorkerThread[]

  private constructor(engine: Threads, threads: readonly WorkerThread[]) {
    this.engine = engine
    this.#threads = threads
  }

  /** Starts the workers. Call it before the stage has run anything. */
  static async open({ model, state, program, engine, lockdep }: Stage): Promise<RealStage> {
    await mustGetChecked()
    // Every execution starts from this memory: lockdep has learnt nothing in it yet.
    lockdep?.begin()
    const arena = new SharedArrayBuffer(engine.memory.length * 4)
    const memory = new Int32Array(arena)
    memory.set(engine.memory)
    const cpus = model.cpus.map(() => new Int32Array(new SharedArrayBuffer(HAND_OVER_WORDS * 4)))
    const crew = cpus.map(() => new WorkerThread({ entry: MODULE, checked: true }))
    const ready = crew.map((thread, cpu) => {
      const job: CpuData = {
        arena,
        words: cpus[cpu] as Int32Array,
        cpu,
        model: model.name,
        state,
        lockdep: lockdep !== undefined,
        files: filesOfModel(model.name),
      }
      return new Promise((resolve, reject) => {
        // It serves until it is ended, after which nobody minds that it was.
        thread.runTelling<void>(job, resolve).catch(reject)
      })
    })
    await Promise.all(ready)
    const shared = { memory, cpus, ...(lockdep !== undefined && { tables: lockdep.tables }) }
    const threads = new Threads(memory.slice(), program, rulesOf(model), shared)
    if (lockdep !== undefined) hearReports(threads, memory)
    threads.objects.isSpinlock = (lock) => engine.objects.isSpinlock(lock)
    return new RealStage(threads, crew)
  }

  /** Runs a schedule. Returns the outcome. */
  run(schedule: readonly Deviation[], ours: Stage): number {
    setController(this.engine)
    try {
      return replaySchedule(this.engine, schedule)
    } finally {
      setController(ours.engine)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()))
  }
}

/** In what the real workers' execution differs from the other; '' if in nothing. */
function difference(real: Execution, ours: Execution): string {
  if (real.outcome !== ours.outcome) {
    return `${OUTCOME_NAMES[real.outcome] ?? ''} (${real.message}) instead of ${OUTCOME_NAMES[ours.outcome] ?? ''}`
  }
  if (real.message !== ours.message) return `'${real.message}' instead of '${ours.message}'`
  if (real.step !== ours.step) return `${real.step} steps instead of ${ours.step}`
  const length = ours.step * ROW
  for (let i = 0; i < length; i++) {
    // What the search's sleep set was is no part of what happened.
    if (real.rows[i] !== ours.rows[i] && i % ROW !== ROW - 1) return `step ${Math.floor(i / ROW)} is another`
  }
  return ''
}

/** Runs schedules on real workers and compares. */
export async function witness(
  model: Model,
  { schedules, seed, text }: { readonly schedules: number; readonly seed: number; readonly text?: string },
): Promise<WitnessReport> {
  using stage = new Stage(model)
  const real = await RealStage.open(stage)
  try {
    const asked = text === undefined ? undefined : real.run(parseReplay(text).schedule, stage)
    const { message } = real.engine
    const policy = new RandomPolicy(seed)
    let alike = 0
    let first = ''
    for (let i = 0; i < schedules; i++) {
      stage.engine.execute(policy)
      const schedule = deviationsOf(stage.engine)
      real.run(schedule, stage)
      const found = difference(real.engine, stage.engine)
      if (found === '') alike++
      else if (first === '') first = `schedule ${i}: ${found}`
    }
    const outcome = asked === undefined ? '' : (OUTCOME_NAMES[asked] ?? '')
    return { model: model.name, schedules, alike, difference: first, outcome, message }
  } finally {
    await real.close()
  }
}
