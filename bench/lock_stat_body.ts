/**
 * What a worker of `bench --lock-stat` does: it takes one lock after the other, many times, under the detectors it is told.
 */
import { as } from '../src/base/index.ts'
import { detectors_attach, type DetectorPlan } from '../src/debug/detectors.ts'
import * as sync from '../src/sync/index.ts'
import { work } from './loop.ts'
import { memory } from '#access'

/** One worker's orders. `locks` are addresses by name. */
export interface LockStatArg {
  readonly detectors: DetectorPlan
  readonly locks: Readonly<Record<LockName, number>>
  readonly ops: number
  readonly steps: number
}

/** Words that a lock may take. */
export const LOCK_WORDS = 32

interface Pair {
  init(lock: number): void
  enter(lock: number): void
  leave(lock: number): void
}

const rwsem = { init: (l: number) => sync.init_rwsem(as(l), 'rwsem') }
const PAIRS = {
  spinlock: {
    init: (l) => sync.spin_lock_init(as(l), 'spinlock'),
    enter: (l) => sync.spin_lock(as(l)),
    leave: (l) => sync.spin_unlock(as(l)),
  },
  mutex: {
    init: (l) => sync.mutex_init(as(l), 'mutex'),
    enter: (l) => sync.mutex_lock(as(l)),
    leave: (l) => sync.mutex_unlock(as(l)),
  },
  'rwsem, read': { ...rwsem, enter: (l) => sync.down_read(as(l)), leave: (l) => sync.up_read(as(l)) },
  'rwsem, write': { ...rwsem, enter: (l) => sync.down_write(as(l)), leave: (l) => sync.up_write(as(l)) },
} as const satisfies Readonly<Record<string, Pair>>
export type LockName = keyof typeof PAIRS
export const LOCK_NAMES = Object.keys(PAIRS) as LockName[]

/** Makes the locks, under the detectors' eyes. */
export function init(_cpu: number, _cpus: number, { detectors, locks }: LockStatArg): void {
  detectors_attach(detectors)
  for (const name of LOCK_NAMES) PAIRS[name].init(locks[name])
}

/** Takes each lock `ops` times. Returns nanoseconds per pair, by lock. */
export function take(_cpu: number, _cpus: number, arg: LockStatArg): Record<LockName, number> {
  const { detectors, locks, ops, steps } = arg
  detectors_attach(detectors)
  const found = LOCK_NAMES.map((name) => {
    pairs(PAIRS[name], locks[name], Math.ceil(ops / 10), steps)
    const start = process.hrtime.bigint()
    pairs(PAIRS[name], locks[name], ops, steps)
    return [name, Number(process.hrtime.bigint() - start) / ops]
  })
  return Object.fromEntries(found) as Record<LockName, number>
}

function pairs(pair: Pair, lock: number, ops: number, steps: number): void {
  const view = memory()
  for (let i = 0; i < ops; i++) {
    pair.enter(lock)
    if (steps > 0) work(view, steps)
    pair.leave(lock)
  }
}
