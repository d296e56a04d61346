/**
 * `lockstorm explore` of a user's lock: its programs, each on a worker of its own, which its code cannot keep from being ended.
 */
import { broughtNamed, filesOf } from '../define/brought.ts'
import type { Lock } from '../define/lock.ts'
import {
  lockPrograms,
  type ExploreOptions,
  parseReplay,
  type LockJob,
  type LockProgram,
  type LockVerdict,
  type Replayed,
  type Verdict,
} from '../explore/index.ts'
import { ENDLESS } from '../explore/helper/watchdog.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import { replayBlocks, verdictBlocks } from '../report/explore_text.ts'
import { refusedCase, verdictCases } from './cases.ts'
import type { ExploreFlags, ReplayFlags } from './commands/explore.ts'
import { coresOf, optionsOf } from './explore_flags.ts'
import { explored, traceFailures, traceReplay } from './explore_result.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'
import { bring, kindOfFile } from './user_file.ts'

const ENTRY = new URL('../../workers/explore_lock.js', import.meta.url)

interface Task {
  readonly lock: string
  readonly program: LockProgram
}

/** The programs of the locks that these files bring; undefined if a file brings something else. @throws UsageError */
async function programsOf(words: readonly string[]): Promise<Task[] | undefined> {
  const kinds = await Promise.all(words.map(kindOfFile))
  if (!kinds.includes('lock')) return undefined
  const stranger = words.find((_, i) => kinds[i] !== 'lock')
  if (stranger !== undefined)
    throw new UsageError(`${stranger}: locks of files are explored apart from models: name it alone`)
  const tasks: Task[] = []
  for (const word of words) {
    for (const lock of await bring('lock', word))
      tasks.push(...lockPrograms(broughtNamed('lock', lock) as Lock).map((program) => ({ lock, program })))
  }
  return tasks
}

/** A thread that has been ended has been so by the code of the lock, or because the lock has failed in another. */
function endedBy(error: Error): never {
  if (!/exited with code|terminat/i.test(error.message)) throw error
  return { refused: 'the code of the lock has ended its thread' } as never
}

/** Longest time without a sign of a search: one execution, the shortening of a failure, on a busy computer. */
const SILENT_MS = 60_000

/** Resolves with a refusal once a search gives no sign: what has no limit of time, no watchdog of its own ends. */
function silence(signs: Int32Array): { readonly promise: Promise<LockVerdict>; stop(): void } {
  let [seen, since] = [0, performance.now()]
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<LockVerdict>((resolve) => {
    timer = setInterval(() => {
      const now = Atomics.load(signs, 0)
      if (now !== seen) [seen, since] = [now, performance.now()]
      else if (performance.now() - since > SILENT_MS) resolve({ refused: ENDLESS })
    }, 1000)
  })
  return { promise, stop: () => clearInterval(timer) }
}

/** Does a job on a worker. Undefined if Ctrl-C came first. What its code does to the worker itself is told as a refusal. */
async function done<T>(
  session: Session,
  { lock, program }: Task,
  rest: Pick<LockJob, 'options' | 'replay'>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const url = filesOf('lock', [lock])[0]?.url ?? ''
  const signs = new Int32Array(new SharedArrayBuffer(4))
  const job: LockJob = { url, lock, program: program.name, signs, ...rest }
  const thread = new WorkerThread({ entry: ENTRY, inherits: true })
  signal?.addEventListener('abort', () => void thread.end())
  const silent = silence(signs)
  try {
    return await session.interrupt.unless(
      Promise.race([thread.run<T>(job).catch(endedBy), silent.promise as Promise<T>]),
    )
  } finally {
    silent.stop()
    await thread.end()
  }
}

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
  const tasks = await programsOf(words)
  if (tasks === undefined) return undefined
  if (flags.part !== undefined) throw new UsageError('--part is for models, not for a lock of your own')
  if (flags.lockdep) throw new UsageError('--lockdep watches what uses lockstorm, not a lock of your own')
  const verdicts: Verdict[] = []
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
  session.interrupt.cameTo(`${verdicts.length + refusals.length} of ${tasks.length} programs`)
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
