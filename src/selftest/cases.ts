/**
 * The matrix: which lock in which scenario must be reported. A cell that is absent does not apply.
 *
 * Source   lib/locking-selftest.c (the list of scenarios and verdicts). Not here, because the machine has no interrupts: the
 *          hard and soft interrupt rows and those of irq read recursion. See the README for the whole list of differences.
 */
import type { KindName } from './kinds.ts'
import { ordered, readers } from './script.ts'

/** A column: how L and U act on the lock of a scenario. */
export interface Column {
  readonly title: string
  readonly kind: KindName
  /** L takes for reading. */
  readonly reads?: boolean
  /** Kind of the plain lock Y. */
  readonly plain: KindName
}

export const COLUMNS = {
  spin: { title: 'spin', kind: 'spin', plain: 'spin' },
  wlock: { title: 'wlock', kind: 'rwlock', plain: 'spin' },
  rlock: { title: 'rlock', kind: 'rwlock', reads: true, plain: 'spin' },
  qlock: { title: 'qlock', kind: 'qrwlock', reads: true, plain: 'spin' },
  mutex: { title: 'mutex', kind: 'mutex', plain: 'mutex' },
  wsem: { title: 'wsem', kind: 'rwsem', plain: 'mutex' },
  rsem: { title: 'rsem', kind: 'rwsem', reads: true, plain: 'mutex' },
  srcu: { title: 'srcu', kind: 'srcu', reads: true, plain: 'mutex' },
} as const satisfies Readonly<Record<string, Column>>
export type ColumnName = keyof typeof COLUMNS

/** What must happen: a report, or none. */
export type Verdict = 'report' | 'silent'

/** One row. */
export interface Scenario {
  readonly title: string
  readonly script: string
  readonly expect: Readonly<Partial<Record<ColumnName, Verdict>>>
}

/** Rows under one head. */
export interface Section {
  readonly title: string
  readonly columns: readonly ColumnName[]
  readonly scenarios: readonly Scenario[]
}

const ALL = ['spin', 'wlock', 'rlock', 'qlock', 'mutex', 'wsem', 'rsem'] as const
/** A deadlock for all but readers that may nest. */
const BUT_RECURSIVE = {
  spin: 'report',
  wlock: 'report',
  rlock: 'silent',
  qlock: 'report',
  mutex: 'report',
  wsem: 'report',
  rsem: 'report',
} as const
const EVERY = { ...BUT_RECURSIVE, rlock: 'report' } as const
const RW = ['rlock', 'qlock', 'rsem'] as const
const RW_ALL = { rlock: 'report', qlock: 'report', rsem: 'report' } as const
const RW_BUT_RECURSIVE = { rlock: 'silent', qlock: 'report', rsem: 'report' } as const

function permutations(
  title: string,
  sections: readonly [string, string, string],
  verdict: Verdict,
): Scenario[] {
  const orders = ['123', '132', '213', '231', '312', '321']
  return orders.map((order) => ({
    title: `${title}/${order}`,
    script: readers(...Array.from(order, (digit) => sections[Number(digit) - 1] as string)),
    expect: { rlock: verdict, qlock: 'report', rsem: 'report' },
  }))
}

export const BASIC: readonly Scenario[] = [
  { title: 'A-A deadlock', script: 'LX1 LX2', expect: BUT_RECURSIVE },
  { title: 'A-B-B-A deadlock', script: ordered('AB', 'BA'), expect: BUT_RECURSIVE },
  { title: 'A-B-B-C-C-A deadlock', script: ordered('AB', 'BC', 'CA'), expect: BUT_RECURSIVE },
  { title: 'A-B-C-A-B-C deadlock', script: ordered('AB', 'CA', 'BC'), expect: BUT_RECURSIVE },
  { title: 'A-B-B-C-C-D-D-A deadlock', script: ordered('AB', 'BC', 'CD', 'DA'), expect: BUT_RECURSIVE },
  { title: 'A-B-C-D-B-D-D-A deadlock', script: ordered('AB', 'CD', 'BD', 'DA'), expect: BUT_RECURSIVE },
  { title: 'A-B-C-D-B-C-D-A deadlock', script: ordered('AB', 'CD', 'BC', 'DA'), expect: BUT_RECURSIVE },
  { title: 'double unlock', script: 'LA UA UA', expect: EVERY },
  { title: 'initialize held', script: 'LA IA', expect: EVERY },
]

const MIXED: readonly Scenario[] = [
  { title: 'recursive read-lock', script: 'RX1 RX1', expect: RW_BUT_RECURSIVE },
  { title: 'recursive read-lock #2', script: 'RX1 RX2', expect: RW_BUT_RECURSIVE },
  { title: 'mixed read-write-lock', script: 'RX1 WX2', expect: RW_ALL },
  { title: 'mixed write-read-lock', script: 'WX1 RX2', expect: RW_ALL },
  { title: 'mixed read-lock/lock-write ABBA', script: 'RX LY UY rX LY WX wX UY', expect: RW_ALL },
  { title: 'mixed read-lock/lock-read ABBA', script: 'RX LY UY rX LY RX rX UY', expect: RW_BUT_RECURSIVE },
  { title: 'mixed write-lock/lock-write ABBA', script: 'WX LY UY wX LY WX wX UY', expect: RW_ALL },
  {
    title: 'chain cached mixed R-L/L-W ABBA',
    script: 'RX LY UY rX LY RX rX UY LY WX wX UY',
    expect: RW_ALL,
  },
]

const CHAINS: readonly Scenario[] = [
  ...permutations('rlock W1R2/W2R3/W3R1', ['W1R2', 'W2R3', 'W3R1'], 'report'),
  ...permutations('rlock W1W2/R2R3/W3R1', ['W1W2', 'R2R3', 'W3R1'], 'report'),
  ...permutations('rlock W1W2/R2R3/R3W1', ['W1W2', 'R2R3', 'R3W1'], 'silent'),
  ...permutations('rlock W1R2/R2R3/W3W1', ['W1R2', 'R2R3', 'W3W1'], 'silent'),
]

const CONTEXT = ['srcu', 'spin', 'mutex'] as const
/** The outer lock is S (spin), M (mutex) or V (SRCU); the column's lock is taken inside. */
export const CONTEXTS: readonly Scenario[] = [
  {
    title: 'in SPINLOCK context',
    script: 'WS LA',
    expect: { srcu: 'silent', spin: 'silent', mutex: 'report' },
  },
  { title: 'in MUTEX context', script: 'WM LA', expect: { srcu: 'silent', spin: 'silent', mutex: 'silent' } },
  { title: 'in SRCU context', script: 'RV LA', expect: { srcu: 'silent', spin: 'silent', mutex: 'silent' } },
]
/** Classes that have a kind of their own, whatever the column. */
export const FIXED: Readonly<Record<string, KindName>> = { S: 'spin', M: 'mutex', V: 'srcu' }

export const SECTIONS: readonly Section[] = [
  { title: 'Locking API testsuite:', columns: ALL, scenarios: BASIC },
  { title: 'reader-writer locks', columns: RW, scenarios: [...MIXED, ...CHAINS] },
  { title: 'wait context tests', columns: CONTEXT, scenarios: CONTEXTS },
]

/** One cell of the matrix. */
export interface Cell {
  readonly section: string
  readonly scenario: string
  /** Name of the column; in rows without columns, the number of the case. */
  readonly column: ColumnName | `#${number}`
  readonly expected: Verdict
  readonly found: Verdict
}

/** A case that is code, not script. A report, an Oops or a warning of the lock itself all count as `report`. */
export interface ExtraCase {
  readonly expect: Verdict
  readonly run: () => void
}

/** Rows under one head, each with as many cases as it likes. */
export interface ExtraSection {
  readonly title: string
  readonly rows: readonly { readonly title: string; readonly cases: readonly ExtraCase[] }[]
}
