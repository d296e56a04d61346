/**
 * Programs for the explorer from the description of a user's lock: two and three threads that take the lock in each way it has, do
 * what only one may do at a time, and give it back.
 *
 * Checks   what is under the lock is a plain word, so two inside at once are a data race or a lost update; the words behind the
 *          lock stay as they are; everybody gets the lock, or is refused, and comes to an end.
 */
import type { Lock } from '../define/lock.ts'
import {
  explore,
  RefusedError,
  replay,
  type ExploreOptions,
  type Program,
  type Verdict,
} from './helper/index.ts'
import type { Replayed } from './explore.ts'
import { exploreNear } from './helper/explore_sync.ts'
import { isThenable } from './helper/stage.ts'
import type { Doing } from './near.ts'
import type { Guide } from './searches/near.ts'

/** Words behind the lock that it must leave alone. */
const MARGIN = 4
const TIMED_MS = 10
const POLLS =
  'a loop of it goes round and round. If it polls memory, it must call Atomics.pause (where there is one: Atomics.pause?.()), so that ' +
  'the explorer knows that it waits for somebody else to write; if it does not, it never ends'

/** Executions near a report, of one program. */
const NEAR_EXECUTIONS = 500

type Body = (memory: Int32Array) => void

/** A function of the lock has returned a promise. */
export class AwaitingError extends RefusedError {
  constructor(call: string) {
    super(
      'ERR_EXPLORE_UNSUPPORTED',
      `${call} returns a promise, and what is explored here blocks until it is done; exploreAsync and mustHoldAsync of lockstorm/explore take bodies that await`,
    )
  }
}

/** What a function of the lock has returned. @throws AwaitingError */
function blocking<R>(call: keyof Lock, answer: R): R {
  if (!isThenable(answer)) return answer
  answer.then(undefined, () => {})
  throw new AwaitingError(call)
}

/** How each kind of body takes the lock. */
const DOES = {
  once: { call: 'lock', rounds: 1 },
  twice: { call: 'lock', rounds: 2 },
  tries: { call: 'tryLock', rounds: 1 },
  timed: { call: 'lockFor', rounds: 1 },
  shares: { call: 'lockShared', rounds: 1 },
  again: { call: 'lock', rounds: 2 },
} as const satisfies Record<string, Doing>
type KindOfBody = keyof typeof DOES

/** A program, with what runs in it. */
export interface LockProgram {
  readonly name: string
  readonly summary: string
  readonly program: Program
  /** What each body does. */
  readonly does: readonly Doing[]
}

/** What came of one program: a verdict, or why there can be none. */
export interface LockVerdict {
  readonly verdict?: Verdict
  readonly refused?: string
}

/** What comes of every job on a lock that awaits: what is said of it. */
export interface AwaitingLock {
  readonly awaits: string
}

/** What a worker is to do: explore a program, or run a schedule of it again. Plain data. */
export interface LockJob {
  readonly url: string
  readonly lock: string
  readonly program: string
  readonly options: ExploreOptions
  readonly replay?: string
  /** Explore near these alone. */
  readonly near?: readonly Guide[]
  /** A shared word that changes as long as the search comes on. */
  readonly signs: Int32Array
}

function bodiesOf(lock: Lock): Record<KindOfBody, (thread: number) => Body> {
  const count = lock.words + MARGIN
  const made = (thread: number): number => count + 1 + thread
  const inside = (memory: Int32Array, thread: number): void => {
    memory[count] = (memory[count] as number) + 1
    memory[made(thread)] = (memory[made(thread)] as number) + 1
  }
  const use = (memory: Int32Array, thread: number): void => {
    blocking('lock', lock.lock(memory, thread) as unknown)
    inside(memory, thread)
    blocking('unlock', lock.unlock(memory, thread) as unknown)
  }
  const useIf = (memory: Int32Array, thread: number, taken: unknown, what: 'tryLock' | 'lockFor'): void => {
    if (typeof blocking(what, taken) !== 'boolean')
      throw new TypeError(`${what} must return true or false, and returned ${typeof taken}`)
    if (!taken) return
    inside(memory, thread)
    blocking('unlock', lock.unlock(memory, thread) as unknown)
  }
  return {
    once: (thread) => (memory) => {
      use(memory, thread)
    },
    twice: (thread) => (memory) => {
      use(memory, thread)
      use(memory, thread)
    },
    tries: (thread) => (memory) => {
      useIf(memory, thread, lock.tryLock?.(memory, thread), 'tryLock')
    },
    timed: (thread) => (memory) => {
      useIf(memory, thread, lock.lockFor?.(memory, thread, TIMED_MS), 'lockFor')
    },
    shares: (thread) => (memory) => {
      blocking('lockShared', lock.lockShared?.(memory, thread) as unknown)
      const before = memory[count]
      const after = memory[count]
      if (before !== after) throw new Error('what is under the lock changes while it is shared')
      blocking('unlockShared', lock.unlockShared?.(memory, thread) as unknown)
    },
    again: (thread) => (memory) => {
      lock.lock(memory, thread)
      use(memory, thread)
      inside(memory, thread)
      lock.unlock(memory, thread)
    },
  }
}

function finishOf({ words }: Lock, threads: number): Body {
  return (memory) => {
    const margin = Array.from({ length: MARGIN }, (_, i) => words + i)
    const written = margin.find((i) => memory[i] !== 0)
    if (written !== undefined)
      throw new Error(`word ${written}, which is behind the lock, was written: it is ${memory[written]}`)
    const count = words + MARGIN
    const made = Array.from({ length: threads }, (_, i) => memory[count + 1 + i] as number)
    const sum = made.reduce((total, one) => total + one, 0)
    if (memory[count] !== sum)
      throw new Error(`${sum} updates were made under the lock, and it counts ${memory[count]}`)
  }
}

/** All programs of a lock, smallest first. */
export function lockPrograms(lock: Lock): LockProgram[] {
  const all = bodiesOf(lock)
  const has = (field: keyof Lock): boolean => lock[field] !== undefined && lock[field] !== false
  const made = (way: string, summary: string, kinds: readonly KindOfBody[]): LockProgram => {
    const name = `${lock.name}-${way}`
    return {
      name,
      summary,
      program: {
        ...programOf(
          lock,
          kinds.map((kind) => all[kind]),
        ),
        name,
        earlyTimeouts: way === 'timed' ? 1 : 0,
      },
      does: kinds.map((kind) => DOES[kind]),
    }
  }
  return [
    made('2', 'two threads lock and unlock twice each', ['twice', 'twice']),
    ...(has('tryLock') ? [made('try', 'two threads lock, one tries', ['once', 'once', 'tries'])] : []),
    ...(has('lockFor')
      ? [made('timed', 'two threads lock, one gives up at any time', ['once', 'once', 'timed'])]
      : []),
    ...(has('lockShared')
      ? [made('shared', 'one thread locks, two share', ['once', 'shares', 'shares'])]
      : []),
    ...(has('recursive')
      ? [made('again', 'two threads take the lock twice, inside each other', ['again', 'again'])]
      : []),
    made('3', 'three threads lock and unlock', ['once', 'once', 'once']),
  ]
}

function programOf(lock: Lock, bodies: readonly ((thread: number) => Body)[]): Program {
  const { words, init } = lock
  const names = Array.from({ length: words }, (_, i): [number, string] => [
    i,
    words === 1 ? 'lock' : `lock[${i}]`,
  ])
  return {
    memory: words + MARGIN + 1 + bodies.length,
    ...(init !== undefined && { setup: (memory: Int32Array) => lock.init?.(memory) }),
    threads: bodies.map((body, thread) => body(thread)),
    finish: finishOf(lock, bodies.length),
    words: Object.fromEntries([...names, [words + MARGIN, 'counter']]),
  }
}

function judged({ summary }: LockProgram, search: () => Verdict): LockVerdict {
  try {
    const verdict = search()
    return verdict.failure?.kind === 'step limit' ? { refused: POLLS } : { verdict: { ...verdict, summary } }
  } catch (error) {
    if (error instanceof RefusedError && !(error instanceof AwaitingError)) return { refused: error.message }
    throw error
  }
}

/** Explores a program of a lock. */
export function exploreLock(one: LockProgram, options: ExploreOptions): LockVerdict {
  return judged(one, () => explore(one.program, options))
}

/** Explores it near these guides alone. */
export function exploreLockNear(one: LockProgram, near: readonly Guide[]): LockVerdict {
  return judged(one, () => exploreNear(one.program, near, NEAR_EXECUTIONS))
}

/** Runs a schedule of a program of a lock again. */
export function replayLock({ program }: LockProgram, text: string): Replayed {
  return replay(program, text)
}

/** What a job asks for, of a program. */
export function judgeLock(
  program: LockProgram,
  { options, replay, near, signs }: LockJob,
): LockVerdict | Replayed {
  if (near !== undefined) return exploreLockNear(program, near)
  if (replay !== undefined) return replayLock(program, replay)
  return exploreLock(program, { ...options, progress: () => Atomics.add(signs, 0, 1) })
}
