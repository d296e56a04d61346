/**
 * What the figures of the suites `sync`, `fairness` and `blocked` must be, and whether a run's are. Only a quiet machine can tell.
 */
import type { Measured } from './case.ts'
import type { BenchResult } from './index.ts'
import type { BlockedRow, FairnessRow } from './shares.ts'
import { median } from './stats.ts'

/** What a run has measured. */
export type Rows = Pick<BenchResult, 'measured' | 'fairness' | 'blocked'>

/** A figure and its limit. */
export interface Target {
  readonly text: string
  /** The figure; undefined if the run has not measured it. */
  readonly figure: (rows: Rows) => number | undefined
  readonly atMost?: number
  readonly atLeast?: number
}

/** A target, and what was found. */
export interface Judged {
  readonly text: string
  readonly wanted: string
  readonly found: number
  readonly met: boolean
}

const find = (rows: Rows, id: string, contender: string): Measured | undefined =>
  rows.measured.find((row) => row.id === id && row.contender === contender)
const fair = (rows: Rows, id: string, contender: string): FairnessRow | undefined =>
  rows.fairness.find((row) => row.id === id && row.contender === contender)
const waiting = (rows: Rows, id: string): BlockedRow | undefined => rows.blocked.find((row) => row.id === id)

/** Ratio of a row to the first of its case: what its operations must cost. */
function floor(text: string, id: string, contender: string): Target {
  const figure = (rows: Rows): number | undefined => find(rows, id, contender)?.ratio
  return { text: `${text}, over bare Atomics`, figure, atMost: 1.15 }
}

/** How much more a class costs than the functions that it calls, in the same rounds. */
function classOver(name: string, id: string, functions: string): Target {
  const figure = (rows: Rows): number | undefined => {
    const [mine, its] = [find(rows, id, `lockstorm ${name} (class)`), find(rows, id, functions)]
    if (mine === undefined || its === undefined) return undefined
    const { samples = [its.ratio] } = its
    return median((mine.samples ?? [mine.ratio]).map((ns, round) => ns / (samples[round] as number)))
  }
  return { text: `${name}: class over functions`, figure, atMost: 1.1 }
}

/** How many times as much another contender needs for the same. */
function faster(text: string, id: string, ours: string, other: string, atLeast: number): Target {
  const figure = (rows: Rows): number | undefined => {
    const [mine, its] = [find(rows, id, ours), find(rows, id, other)]
    return mine === undefined || its === undefined ? undefined : its.ratio / mine.ratio
  }
  return { text, figure, atLeast }
}

function even(text: string, id: string, contender: string): Target {
  const figure = (rows: Rows): number | undefined => fair(rows, id, contender)?.slowestToFastest
  return { text: `${text}: slowest worker over fastest`, figure, atLeast: 0.4 }
}

/** CPU time of waiters, beside that of waiters that spin. */
function asleep(text: string, id: string): Target {
  const figure = (rows: Rows): number | undefined => waiting(rows, id)?.cpuMsPerSecond
  return { text: `${text}: CPU ms per second of 7 blocked waiters`, figure, atMost: 20 }
}

const MUTEX = 'mutex.lock+unlock/w='
const OURS = 'lockstorm mutex'
const HOLD = ',hold=200ns'

/** What must hold, for 8 workers on 2 cores. */
export const TARGETS: readonly Target[] = [
  floor('mutex', `${MUTEX}1`, OURS),
  floor('rwsem, read side', 'rwsem.read/w=1', 'lockstorm rwsem, read'),
  floor('SRCU, read side', 'srcu.read/w=1', 'lockstorm srcu, read'),
  floor('semaphore', 'semaphore.down+up/w=1', 'lockstorm semaphore'),
  classOver('Mutex', `${MUTEX}1`, OURS),
  classOver('SpinLock', 'spinlock.lock+unlock/w=1', 'lockstorm spinlock'),
  classOver('Semaphore', 'semaphore.down+up/w=1', 'lockstorm semaphore'),
  classOver('RwSem.read', 'rwsem.read/w=1', 'lockstorm rwsem, read'),
  classOver('RwSem.write', 'rwsem.write/w=1', 'lockstorm rwsem, write'),
  faster('mutex alone: multithreading needs × as long', `${MUTEX}1`, OURS, 'multithreading', 20),
  faster('8 workers: multithreading needs × as long', `${MUTEX}8`, OURS, 'multithreading', 8),
  faster('8 workers, 200 ns: multithreading needs × as long', `${MUTEX}8${HOLD}`, OURS, 'multithreading', 8),
  faster(
    '8 workers, 200 ns: pthread_mutex needs × as long',
    `${MUTEX}8${HOLD}`,
    OURS,
    'pthread_mutex (C)',
    1,
  ),
  {
    text: 'mutex, 200 ns: 8 workers over 2 workers',
    figure: (rows) => find(rows, `${MUTEX}8${HOLD}`, OURS)?.toFewest,
    atMost: 1,
  },
  ...[2, 8].flatMap((n) => [
    even(`mutex, ${n} workers`, `fairness.mutex/w=${n}${HOLD}`, OURS),
    even(`rwsem write, ${n} workers`, `fairness.others/w=${n}${HOLD}`, 'lockstorm rwsem, write'),
  ]),
  {
    text: 'synchronize_srcu without readers, ns per CPU slot',
    figure: (rows) => rows.measured.find(({ id }) => id.startsWith('srcu.grace-period'))?.nsPerOp,
    atMost: 60,
  },
  asleep('mutex', 'blocked.mutex/w=8'),
  asleep('rwsem write', 'blocked.write/w=8'),
  asleep('semaphore', 'blocked.semaphore/w=8'),
]

/** Judges those targets whose figures the run has. */
export function judge(targets: readonly Target[], rows: Rows): Judged[] {
  return targets.flatMap(({ text, figure, atMost = Infinity, atLeast = -Infinity }) => {
    const found = figure(rows)
    if (found === undefined) return []
    const wanted = atMost === Infinity ? `≥ ${atLeast}` : `≤ ${atMost}`
    return [{ text, wanted, found, met: found <= atMost && found >= atLeast }]
  })
}
