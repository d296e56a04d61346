/**
 * What a worker of `bench --lock-stat` does: it takes one lock after the other, many times, under the detectors it is told.
 */
import { detectors_attach, type DetectorPlan } from '../src/debug/detectors.ts'
import { pairNamed, type Passage } from '../src/sync/members/pairs.ts'
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

/** The locks, by what the tables call them. */
const PAIRS = {
  spinlock: pairNamed('spinlock'),
  mutex: pairNamed('mutex'),
  'rwsem, read': pairNamed('rwsem.shared'),
  'rwsem, write': pairNamed('rwsem'),
} as const
export type LockName = keyof typeof PAIRS
export const LOCK_NAMES = Object.keys(PAIRS) as LockName[]

/** Makes the locks, under the detectors' eyes. */
export function init(_cpu: number, cpus: number, { detectors, locks }: LockStatArg): void {
  detectors_attach(detectors)
  for (const name of LOCK_NAMES) PAIRS[name].init(locks[name], PAIRS[name].of.name, cpus)
}

/** Takes each lock `ops` times. Returns nanoseconds per pair, by lock. */
export function take(_cpu: number, _cpus: number, arg: LockStatArg): Record<LockName, number> {
  const { detectors, locks, ops, steps } = arg
  detectors_attach(detectors)
  const found = LOCK_NAMES.map((name) => {
    const passage = PAIRS[name].bind(locks[name])
    pass(passage, Math.ceil(ops / 10), steps)
    const start = process.hrtime.bigint()
    pass(passage, ops, steps)
    return [name, Number(process.hrtime.bigint() - start) / ops]
  })
  return Object.fromEntries(found) as Record<LockName, number>
}

function pass({ enter, leave }: Passage, ops: number, steps: number): void {
  const view = memory()
  for (let i = 0; i < ops; i++) {
    enter()
    if (steps > 0) work(view, steps)
    leave()
  }
}
