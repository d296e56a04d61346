/**
 * The shapes of what a user's file may bring, field by field. Each `define…` gives back what it was given, once it has the shape. Of
 * races and strategies, which know the kernel: strategy_shapes.ts.
 */
import type { Lock } from './lock.ts'
import type { Model, State } from './model.ts'
import { OUTCOME_NAMES } from './outcome.ts'
import * as s from './shape.ts'
import type { Workload } from './workload.ts'

const MOST_WORDS = 1 << 24
const MOST_LOCK_WORDS = 4096

/** One body per CPU. */
export const bodies = (most: number): s.Check => s.several(1, most, 'functions, one per CPU', s.fn.holds)

/** What a check finds. */
const finding: s.Shape = {
  happened: s.flag,
  'broken?': s.several(0, 1000, 'sentences', s.text.holds),
}

/** @throws ShapeError if a user's check has answered something else */
export function mustBeFinding(value: unknown): void {
  s.mustHave(value, finding, 'a finding { happened }', 'the answer of check: ')
}

const model: s.Shape = {
  name: s.identifier,
  summary: s.text,
  setup: s.fn,
  cpus: bodies(8),
  'finish?': s.fn,
  'invariant?': s.fn,
  'expect?': s.word(...OUTCOME_NAMES),
  'bound?': s.whole(0, 100),
  'leaks?': s.flag,
  'races?': s.flag,
  'touchFreed?': s.flag,
  'earlyTimeouts?': s.whole(0, 100),
  'maxSteps?': s.whole(1, 1_000_000),
  'tickNs?': s.whole(1, 1_000_000_000),
  'lockdep?': s.flag,
  'arenaWords?': s.whole(1, MOST_WORDS),
  'fold?': s.several(0, 100, 'folders', s.text.holds),
}

const lock: s.Shape = {
  name: s.identifier,
  words: s.whole(1, MOST_LOCK_WORDS),
  'init?': s.fn,
  lock: s.fn,
  unlock: s.fn,
  'tryLock?': s.fn,
  'lockFor?': s.fn,
  'lockShared?': s.fn,
  'unlockShared?': s.fn,
  'recursive?': s.flag,
}

const workload: s.Shape = {
  name: s.identifier,
  'summary?': s.text,
  words: s.whole(1, MOST_WORDS),
  contenders: s.entries('contenders', (value) => value !== undefined),
  'setup?': s.fn,
  operations: s.entries('functions', s.fn.holds),
  'weights?': s.entries('numbers above 0', (value) => typeof value === 'number' && value > 0 && value < 1e6),
  'counters?': s.entries('functions', s.fn.holds),
  check: s.fn,
  'names?': s.entries('numbers of words', (value) => Number.isInteger(value)),
}

/** A model. @throws ShapeError */
export function checkModel<S extends State>(value: Model<S>): Model {
  s.mustHave(value, model, 'a model')
  return value as unknown as Model
}

/** A lock. @throws ShapeError */
export function defineLock(value: Lock): Lock {
  s.mustHave(value, lock, 'a lock')
  const { lockShared, unlockShared } = value
  if (lockShared === undefined && unlockShared !== undefined)
    throw s.wrongField('lockShared', 'a function, as there is unlockShared', lockShared)
  if (lockShared !== undefined && unlockShared === undefined)
    throw s.wrongField('unlockShared', 'a function, as there is lockShared', unlockShared)
  return value
}

/** A workload. @throws ShapeError */
export function defineWorkload<C>(value: Workload<C>): Workload<C> {
  s.mustHave(value, workload, 'a workload')
  const stranger = Object.keys(value.weights ?? {}).find((name) => value.operations[name] === undefined)
  if (stranger !== undefined) {
    throw s.wrongField('weights', `weights of ${Object.keys(value.operations).join(', ')}`, stranger)
  }
  return value
}
