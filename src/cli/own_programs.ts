/**
 * The programs of a user's lock, and the workers that they are explored on, each one of its own: what its code does there ends with it.
 */
import { broughtNamed, comeToNobody, filesOf } from '../define/brought.ts'
import type { Lock } from '../define/lock.ts'
import { ENDLESS } from '../explore/helper/watchdog.ts'
import {
  lockPrograms,
  type AwaitingLock,
  type LockJob,
  type LockProgram,
  type LockVerdict,
} from '../explore/index.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'
import { bring, kindOfFile } from './user_file.ts'

const ENTRY = new URL('../../workers/explore_lock.js', import.meta.url)

/** One program of a lock. */
export interface Task {
  readonly lock: string
  readonly program: LockProgram
}

/** The programs of the locks that these files bring; undefined if a file brings something else. @throws UsageError */
export async function programsOf(words: readonly string[]): Promise<Task[] | undefined> {
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
  if (/exited with code|terminat/i.test(error.message))
    return { refused: 'the code of the lock has ended its thread' } as never
  const whose = comeToNobody(error)
  if (whose === error) throw error
  return { refused: whose.message } as never
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

/** Does a job on a worker. Undefined if Ctrl-C came first. What its code does to the worker itself is told as a refusal. @throws UsageError if it awaits */
export async function done<T>(
  session: Session,
  { lock, program }: Task,
  rest: Pick<LockJob, 'options' | 'replay' | 'near'>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const url = filesOf('lock', [lock])[0]?.url ?? ''
  const signs = new Int32Array(new SharedArrayBuffer(4))
  const job: LockJob = { url, lock, program: program.name, signs, ...rest }
  const thread = new WorkerThread({ entry: ENTRY, inherits: true })
  signal?.addEventListener('abort', () => void thread.end())
  const silent = silence(signs)
  try {
    const found = await session.interrupt.unless(
      Promise.race([thread.run<T>(job).catch(endedBy), silent.promise as Promise<T>]),
    )
    const { awaits } = (found ?? {}) as Partial<AwaitingLock>
    if (awaits !== undefined) throw new UsageError(`lock ${lock}: ${awaits}`)
    return found
  } finally {
    silent.stop()
    await thread.end()
  }
}
