/**
 * The ways that a member of sync can be used, as CPUs of a model: plain, by trylock, timed, interruptible, asynchronous. A task
 * that awaits is a CPU that sleeps on the word that it would wait for.
 */
import { futex_wait } from '#access'
import { EINTR, ETIME } from '../base/errno.ts'
import type { AsyncWait, Side, Tokens } from '../sync/members/shapes.ts'
import { check } from '../define/model.ts'

/** How long the impatient wait. */
export const PATIENCE_NS = 5_000

/** One way to get something. */
export interface Way {
  readonly name: string
  /** Returns false if it gave up. */
  readonly take: (at: number) => boolean
  /** Tokens that it takes; 1 for a lock. */
  readonly units: number
  /** It may come back without. */
  readonly mayFail: boolean
  /** A signal is part of the question. */
  readonly signal?: boolean
}

/** True for 0, false for the one error that is allowed. */
function unless(error: number, result: number): boolean {
  check(result === 0 || result === error, `returned ${result}`)
  return result === 0
}

function awaits(wait: AsyncWait, at: number): boolean {
  wait.begin(at)
  for (let seen; (seen = wait.attempt(at)) !== 0;) futex_wait(at + wait.word, seen)
  return true
}

/** Waits once, then gives up. */
function awaitsOnce(wait: AsyncWait, at: number): boolean {
  wait.begin(at)
  const seen = wait.attempt(at)
  if (seen === 0) return true
  futex_wait(at + wait.word, seen, PATIENCE_NS)
  if (wait.attempt(at) === 0) return true
  wait.giveUp(at)
  return false
}

function one(
  name: string,
  take: ((at: number) => boolean | void) | undefined,
  more: Partial<Way> = {},
): Way[] {
  if (take === undefined) return []
  return [{ name, take: (at) => take(at) !== false, units: 1, mayFail: false, ...more }]
}

const mayFail = { mayFail: true }
const signal = { mayFail: true, signal: true }

function asyncWays(wait: AsyncWait | undefined): Way[] {
  if (wait === undefined) return []
  return [
    ...one('async', (at) => awaits(wait, at)),
    ...one('async-abort', (at) => awaitsOnce(wait, at), mayFail),
  ]
}

/** The ways into one side of a lock. */
export function sideWays(side: Side): Way[] {
  const { lockFor, lockInterruptible, tryLock } = side
  return [
    ...one('lock', (at) => side.lock(at)),
    ...one('trylock', tryLock && ((at) => tryLock(at)), mayFail),
    ...one('timed', lockFor && ((at) => unless(-ETIME, lockFor(at, PATIENCE_NS))), mayFail),
    ...one('interruptible', lockInterruptible && ((at) => unless(-EINTR, lockInterruptible(at))), signal),
    ...asyncWays(side.async),
  ]
}

/** The ways to take a token. */
export function tokenWays(of: Tokens): Way[] {
  const two = of.asyncMany?.(2)
  const { takeExclusive, takeFor, takeInterruptible, takeExclusiveInterruptible, tryTake, takeMany } = of
  return [
    ...one('take', (at) => of.take(at)),
    ...one('exclusive', takeExclusive),
    ...one('trytake', tryTake, mayFail),
    ...one('timed', takeFor && ((at) => takeFor(at, PATIENCE_NS)), mayFail),
    ...one('interruptible', takeInterruptible, signal),
    ...one('exclusive-interruptible', takeExclusiveInterruptible, signal),
    ...one('two', takeMany && ((at) => takeMany(at, 2)), { units: 2 }),
    ...asyncWays(of.async),
    ...one('async-two', two && ((at) => awaits(two, at)), { units: 2 }),
  ]
}

/** All pairs of them, each way with itself too. */
export function pairs<T>(all: readonly T[]): (readonly [T, T])[] {
  return all.flatMap((a, i) => all.slice(i).map((b) => [a, b] as const))
}
