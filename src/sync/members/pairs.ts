/**
 * Every pair of operations that belongs together, in and out, of every primitive: for tools that only go through, whatever it is
 * that they go through.
 */
import { gracePeriods, locks, meetings, references, tokens } from './index.ts'
import type { GracePeriods, Lock, Meeting, Primitive, References, Side, Tokens } from './shapes.ts'

/** One thread's way in and out. */
export interface Passage {
  enter(this: void): void
  leave(this: void): void
}

/** A pair of operations. */
export interface Pair {
  /** `mutex`, `rwsem.shared`, `completion.tokens`, `barrier.meeting`, `kref.reference`, `srcu.read`. */
  readonly name: string
  readonly of: Primitive
  readonly words: number
  /** Nobody else is inside. */
  readonly excludes: boolean
  /** Takes a lock of this kind that lockdep knows. */
  readonly traced: boolean
  /** Boot CPU: makes the object, of which each of `threads` may go through. `name` is that of its class. */
  init(this: void, at: number, name: string, threads: number): void
  /** The pair for the calling thread. */
  bind(this: void, at: number): Passage
}

function never(): void {}

function must(error: number | void, name: string): void {
  if ((error ?? 0) !== 0) throw new RangeError(`${name}: the arena is full`)
}

const through =
  ({ lock, unlock }: Side) =>
  (at: number): Passage => ({ enter: () => lock(at), leave: () => unlock(at) })

function lockPairs(of: Lock): Pair[] {
  const { name, layout, shared, optimistic } = of
  const traced = of.untraced !== true
  const init = (at: number, cls: string): void => must(of.init(at, cls), name)
  const its = { of, words: layout.words, init, traced }
  return [
    { ...its, name, excludes: true, bind: through(of) },
    ...(shared === undefined
      ? []
      : [{ ...its, name: `${name}.shared`, excludes: false, bind: through(shared) }]),
    ...(optimistic === undefined
      ? []
      : [
          {
            ...its,
            name: `${name}.optimistic`,
            excludes: false,
            traced: false,
            bind: (at: number) => optimist(optimistic, at),
          },
        ]),
  ]
}

/** A reader that no writer is beside. */
function optimist({ begin, retry }: NonNullable<Lock['optimistic']>, at: number): Passage {
  let start = 0
  return {
    enter() {
      start = begin(at)
    },
    leave() {
      if (retry(at, start)) throw new Error('a sequence without writers has changed')
    },
  }
}

/** Whoever puts one takes one. */
const tokenPair = (of: Tokens): Pair => ({
  name: `${of.name}.tokens`,
  of,
  words: of.words,
  excludes: false,
  traced: false,
  init: (at, name) => of.init(at, 0, name),
  bind: (at) => ({ enter: () => of.put(at), leave: () => of.take(at) }),
})

/** All go through, each as often as the others. */
const meetingPair = (of: Meeting): Pair => ({
  name: `${of.name}.meeting`,
  of,
  words: of.layout.words,
  excludes: false,
  traced: false,
  init: (at, _name, threads) => of.init(at, threads),
  bind: (at) => ({ enter: () => of.pass(at), leave: never }),
})

/** References beside the first, which stays. */
const referencePair = (of: References): Pair => ({
  name: `${of.name}.reference`,
  of,
  words: of.layout.words,
  excludes: false,
  traced: false,
  init(at) {
    must(of.init(at), of.name)
    of.revive(at)
  },
  bind: (at) => ({ enter: () => of.get(at), leave: () => of.put(at, never) }),
})

const readerPair = (of: GracePeriods): Pair => ({
  name: `${of.name}.read`,
  of,
  words: of.layout.words,
  excludes: false,
  traced: true,
  init: (at, name) => must(of.init(at, name), of.name),
  bind(at) {
    let idx = 0
    return {
      enter() {
        idx = of.readlock(at)
      },
      leave: () => of.readunlock(at, idx),
    }
  },
})

/** All of them. */
export const pairs: readonly Pair[] = [
  ...locks.flatMap(lockPairs),
  ...tokens.map(tokenPair),
  ...meetings.map(meetingPair),
  ...references.map(referencePair),
  ...gracePeriods.map(readerPair),
]

/** The pair of this name. */
export function pairNamed(name: string): Pair {
  const pair = pairs.find((one) => one.name === name)
  if (pair === undefined) throw new Error(`sync has no primitive '${name}'`)
  return pair
}
