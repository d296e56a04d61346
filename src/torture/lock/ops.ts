/**
 * What locktorture needs of a lock, and how it comes from a member of sync: `busted` ones have no member.
 */
import { NSEC_PER_USEC } from '../../base/constants.ts'
import type { Lock, Side } from '../../sync/members/shapes.ts'
import { notAtRest } from '../../sync/members/rest.ts'
import { clear_signal } from '../../sync/park.ts'
import type { TortureTask } from '../task.ts'

/** A lock to torture. */
export interface LockOps {
  /** Name as in locktorture where it has one: `mutex_lock`. */
  readonly name: string
  readonly summary: string
  /** What is wrong with it. */
  readonly busted?: string
  readonly words: number
  /** Holders may sleep. */
  readonly sleeps: boolean
  init(lock: number, name: string): void
  /** Takes the lock, by whatever way; must not return without it. */
  writelock(lock: number, task: TortureTask): void
  writeunlock(lock: number): void
  readlock?(lock: number, task: TortureTask): void
  readunlock?(lock: number): void
  /** Takes one of further locks inside each other; subclass 1 to 8. Absent: the lock does not nest. */
  nestedlock?(lock: number, subclass: number): void
  /** True if nobody holds it: who sleeps on the address `blockedOn` in it could have it. */
  isFree(lock: number, blockedOn: number): boolean
  /** Waiters sleep in slices and look again by themselves: that all of them sleep proves nothing. */
  readonly naps?: boolean
  /** Waiters give up and come back, by time or signal: a further task sends signals. */
  readonly signals?: boolean
  /** All tasks have ended: '' or what of the lock is not at rest. */
  notAtRest?(lock: number): string
}

/** Shortest and longest wait of those that give up. */
const PATIENCE_NS = 20 * NSEC_PER_USEC
const PATIENCE_SPREAD_NS = 200 * NSEC_PER_USEC

/** Takes it, now and then by trylock first. */
function take({ lock, tryLock }: Side): (at: number, task: TortureTask) => void {
  if (tryLock === undefined) return lock
  return (at, task) => {
    if (!task.one_in(4) || !tryLock(at)) lock(at)
  }
}

/** Tries one way after the other until one gets the lock. */
function insist({
  lock,
  tryLock,
  lockFor,
  lockInterruptible,
}: Side): (at: number, task: TortureTask) => void {
  const ways: ((at: number, ns: number) => number)[] = [(at) => (lock(at), 0)]
  if (tryLock !== undefined) ways.push((at) => (tryLock(at) ? 0 : -1))
  if (lockFor !== undefined) ways.push(lockFor)
  if (lockInterruptible !== undefined) ways.push(lockInterruptible)
  return (at, task) => {
    for (;;) {
      const way = ways[task.rng.below(ways.length)]
      if (way?.(at, PATIENCE_NS + task.rng.below(PATIENCE_SPREAD_NS)) === 0) return
      clear_signal()
    }
  }
}

function plain(of: Lock): LockOps {
  const { torture, summary, layout, sleeps, naps, shared, lockNested } = of
  return {
    name: torture,
    summary,
    words: layout.words,
    sleeps,
    ...(naps === true && { naps }),
    init(at, name) {
      if ((of.init(at, name) ?? 0) !== 0) throw new RangeError(`${name}: the arena is full`)
    },
    writelock: take(of),
    writeunlock: of.unlock,
    ...(shared !== undefined && { readlock: take(shared), readunlock: shared.unlock }),
    ...(lockNested !== undefined && { nestedlock: lockNested }),
    isFree: of.isFree,
    notAtRest: (at) => notAtRest(layout, at),
  }
}

/** The same with waiters that give up and come back, and writers that downgrade, if it has such. */
function aborting(of: Lock): LockOps[] {
  const { downgrade, shared } = of
  if (of.lockFor === undefined && of.lockInterruptible === undefined) return []
  const downgrades = downgrade !== undefined && shared !== undefined
  return [
    {
      ...plain(of),
      name: of.torture.replace(/lock$/, 'abort'),
      summary: `${of.summary} whose waiters give up by time or signal and come back${downgrades ? ', and whose writers downgrade' : ''}`,
      signals: true,
      writelock: insist(of),
      ...(shared !== undefined && { readlock: insist(shared) }),
      ...(downgrades && {
        writeunlock(at: number) {
          downgrade(at)
          shared.unlock(at)
        },
      }),
    },
  ]
}

/** The tortures of a lock: none if it has no name for it. */
export function lockOps(of: Lock): LockOps[] {
  return of.torture === '' ? [] : [plain(of), ...aborting(of)]
}
