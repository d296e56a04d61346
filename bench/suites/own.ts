/** A lock of the user's own beside bare Atomics, ours and the packages: alone, contended, and who gets how much. */
import type { Lock } from '../../src/define/lock.ts'
import { variantOf, type OwnVariant } from '../adapters/own.ts'
import type { Case, Row } from '../case.ts'
import type { TimedCase } from '../shares.ts'
import { MUTEXES } from './fairness.ts'
import { ADD_SUB, CAS_CAS, CONTENDED, HOLD_NS, MUTEX, READ } from './sync.ts'

const OURS: Row = { adapter: 'sync', variant: 'spinlock', label: 'lockstorm spinlock' }

/** What is measured of it: tables whose rows are bare Atomics, the lock and its peers. */
export interface OwnSuite {
  readonly cases: readonly Case[]
  readonly timed: readonly TimedCase[]
}

/** @param url of the file that brought the lock */
export function ownSuite(url: string, { name, lockShared }: Lock): OwnSuite {
  const own = (way: OwnVariant['way'], label = name): Row => ({
    adapter: 'own',
    variant: variantOf({ url, name, way }),
    label,
  })
  const exclusive = { subject: `${name}.lock+unlock`, rows: [own('alone'), ...MUTEX, OURS] }
  const shared = { subject: `${name}.lockShared+unlockShared`, excludes: false, workers: [1, 2, 8] }
  const [, ...readers] = READ
  const shares = lockShared !== undefined
  return {
    cases: [
      { ...exclusive, rows: [CAS_CAS, ...exclusive.rows], workers: [1] },
      { ...exclusive, workers: CONTENDED },
      { ...exclusive, workers: CONTENDED, holdNs: HOLD_NS },
      ...(shares ? [{ ...shared, rows: [ADD_SUB, own('shared'), ...readers] }] : []),
    ],
    timed: [
      ...[2, 8].map((workers): TimedCase => ({
        kind: 'fairness',
        subject: `fairness.${name}`,
        rows: [own('alone'), ...MUTEXES],
        workers,
        holdNs: HOLD_NS,
      })),
      ...(shares
        ? [
            {
              kind: 'fairness',
              subject: `fairness.${name}.one-writer`,
              rows: [own('one-writer', `${name}, worker 0 writes`)],
              workers: 8,
              holdNs: HOLD_NS,
              excludes: false,
            } as const,
          ]
        : []),
      { kind: 'blocked', subject: `blocked.${name}`, rows: [own('alone')], workers: 8 },
    ],
  }
}
