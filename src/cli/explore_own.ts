/**
 * `lockstorm explore` of a user's lock: its programs, each on a worker of its own, which its code cannot keep from being ended.
 */
import {
  parseReplay,
  type ExploreOptions,
  type LockVerdict,
  type Replayed,
  type Verdict,
} from '../explore/index.ts'
import { replayBlocks, verdictBlocks } from '../report/explore_text.ts'
import { refusedCase, verdictCases } from './cases.ts'
import type { ExploreFlags, ReplayFlags } from './commands/explore.ts'
import { coresOf, optionsOf } from './explore_flags.ts'
import { exploreNear } from './explore_near.ts'
import { explored, traceFailures, traceReplay } from './explore_result.ts'
import { done, programsOf, type Task } from './own_programs.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** The public explorer takes whole numbers where ours takes Infinity. */
function optionsFor(flags: ExploreFlags): ExploreOptions {
  const { executions, ...rest } = optionsOf(flags)
  return {
    ...rest,
    ...(executions !== undefined && { executions: Math.min(executions, Number.MAX_SAFE_INTEGER) }),
  }
}

/** Explores tasks on several cores: those of a lock that has failed are given up. The results come in the order of the tasks. */
class Ahead {
  readonly #session: Session
  readonly #tasks: readonly Task[]
  readonly #options: ExploreOptions
  readonly #running: Promise<LockVerdict | undefined>[] = []
  readonly #failed = new Map<string, AbortController>()

  constructor(session: Session, tasks: readonly Task[], flags: ExploreFlags) {
    this.#session = session
    this.#tasks = tasks
    this.#options = optionsFor(flags)
    for (const { lock } of tasks) this.#failed.set(lock, new AbortController())
    for (let i = 0; i < coresOf(flags); i++) this.#start(i)
  }

  #start(i: number): void {
    const task = this.#tasks[i]
    const { signal } = this.#failed.get(task?.lock ?? '') ?? {}
    if (task === undefined || signal?.aborted === true) return
    const { program } = task
    this.#session.progress.show(`${program.name}: ${program.summary}`)
    const running = done<LockVerdict>(this.#session, task, { options: this.#options }, signal)
    // Whoever asks for it hears of it.
    running.catch(() => {})
    this.#running[i] = running
  }

  /** The result of a task, after which the next may begin. */
  async result(i: number, jobs: number): Promise<LockVerdict | undefined> {
    const found = await this.#running[i]
    const { lock } = this.#tasks[i] as Task
    if (found !== undefined && found.verdict?.ok !== true) this.#failed.get(lock)?.abort()
    this.#start(i + jobs)
    return found
  }

  /** The lock has failed before. */
  isOver({ lock }: Task): boolean {
    return this.#failed.get(lock)?.signal.aborted === true
  }
}

/** Explores the locks of these files, each up to its first failure. Returns the exit code; undefined if the files bring no locks. @throws UsageError */
export async function exploreOwn(
  session: Session,
  words: readonly string[],
  flags: ExploreFlags,
): Promise<number | undefined> {
  const all = await programsOf(words)
  if (all === undefined) return undefined
  if (flags.part !== undefined) throw new UsageError('--part is for models, not for a lock of your own')
  if (flags.lockdep) throw new UsageError('--lockdep watches what uses lockstorm, not a lock of your own')
  const verdicts: Verdict[] = flags.near === undefined ? [] : await exploreNear(session, all, flags.near)
  const failed = new Set(verdicts.map(({ model }) => all.find(({ program }) => program.name === model)?.lock))
  const tasks = all.filter(({ lock }) => !failed.has(lock))
  const refusals: string[] = []
  const jobs = coresOf(flags)
  const ahead = new Ahead(session, tasks, flags)
  for (const [i, task] of tasks.entries()) {
    const over = ahead.isOver(task)
    const found = await ahead.result(i, jobs)
    if (over) continue
    if (found === undefined) break
    if (verdicts.length + refusals.length > 0) session.print('')
    if (found.verdict === undefined) {
      refusals.push(`${task.program.name}: cannot be judged: ${found.refused}`)
      session.print(`${task.program.name}: ${task.program.summary}`, refusals.at(-1) as string)
    } else {
      verdicts.push(found.verdict)
      session.print(...verdictBlocks(found.verdict, true), ...(found.verdict.limits ?? []))
    }
  }
  traceFailures(session, verdicts)
  session.keep(explored('run', verdicts))
  session.cases([...verdictCases(verdicts), ...refusals.map(refusedCase)])
  session.interrupt.cameTo(`${verdicts.length + refusals.length} of ${all.length} programs`)
  return refusals.length === 0 && verdicts.every(({ ok }) => ok) ? 0 : 1
}

function programIn(text: string): string {
  try {
    return parseReplay(text).model
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message)
    throw error
  }
}

/** Runs a schedule of a lock again. Returns the exit code; undefined if the files bring no locks. @throws UsageError */
export async function replayOwn(
  session: Session,
  text: string,
  files: readonly string[],
  flags: ReplayFlags,
): Promise<number | undefined> {
  const tasks = await programsOf(files)
  if (tasks === undefined) return undefined
  const name = programIn(text)
  const task = tasks.find(({ program }) => program.name === name)
  if (task === undefined) throw new UsageError(`replay ${text}: the files have no program '${name}'`)
  if (flags.engine !== 'reexec')
    throw new UsageError('--engine threads is for models, not for a lock of your own')
  const all: Replayed[] = []
  for (let i = 0; i < flags.repeat; i++) {
    const one = await done<Replayed>(session, task, { options: {}, replay: text })
    if (one === undefined) return 0
    if (one.outcome === 'schedule does not fit the code')
      throw new UsageError(
        `replay ${text}: the schedule does not fit the code; the lock may have changed since`,
      )
    all.push(one)
  }
  const first = all[0] as Replayed
  const same = all.filter(
    ({ outcome, ladder }) => outcome === first.outcome && ladder.join() === first.ladder.join(),
  ).length
  session.print(...replayBlocks(task.program, { first, same }, flags.repeat))
  traceReplay(session, task.program, first)
  session.keep(explored('replay', { first, same }))
  return first.outcome !== 'passed' || same < flags.repeat ? 1 : 0
}
