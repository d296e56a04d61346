/** The primitives: alone and contended, against what they must cost and against other packages. */
import { pairs } from '../../src/sync/members/pairs.ts'
import { SRCU_SLOTS } from '../adapters/sync.ts'
import type { Case, Row } from '../case.ts'

export const HOLD_NS = 200
export const CONTENDED: readonly number[] = [2, 4, 8]

export const CAS_CAS: Row = {
  adapter: 'atomics',
  variant: 'cas-cas',
  label: 'bare Atomics: compareExchange, compareExchange',
}
const CAS_STORE: Row = {
  adapter: 'atomics',
  variant: 'cas-store',
  label: 'bare Atomics: compareExchange, store',
}
export const ADD_SUB: Row = { adapter: 'atomics', variant: 'add-sub', label: 'bare Atomics: add, sub' }
const LOAD_CAS_ADD: Row = {
  adapter: 'atomics',
  variant: 'load-cas-add',
  label: 'bare Atomics: load, compareExchange, add',
}
const LOAD_ADD_ADD: Row = {
  adapter: 'atomics',
  variant: 'load-add-add',
  label: 'bare Atomics: load, add, add',
}
const LOADS: Row = { adapter: 'atomics', variant: 'load-load', label: 'bare Atomics: load, load' }

const ours = (variant: string, label: string): Row => ({ adapter: 'sync', variant, label })
/** A class of lockstorm/sync. */
export const cls = (variant: string): Row => ({
  adapter: 'classes',
  variant,
  label: `lockstorm ${variant} (class)`,
})
/** A class of atomics-sync. */
const theirs = (variant: string): Row => ({
  adapter: 'atomics_sync',
  variant,
  label: `atomics-sync ${variant}`,
})

export const MUTEX: readonly Row[] = [
  ours('mutex', 'lockstorm mutex'),
  cls('Mutex'),
  { adapter: 'pthread', variant: 'mutex' },
  { adapter: 'v8_mutex', variant: 'mutex' },
  { adapter: 'multithreading', variant: 'mutex' },
  theirs('Mutex'),
]
const SPIN: readonly Row[] = [ours('spinlock', 'lockstorm spinlock'), cls('SpinLock'), theirs('SpinLock')]
/** Alone only: contended they are a Mutex. */
const ALONE: readonly Row[] = ['Mutex.hold', 'ReentrantMutex', 'RobustMutex'].map(cls)
/** Alone only: contended it collapses, which the suite `fairness` shows in bounded time. */
const TICKET = ours('ticket_lock', 'lockstorm ticket lock (FIFO)')
const SEMAPHORE: readonly Row[] = [
  ours('semaphore', 'lockstorm semaphore'),
  cls('Semaphore'),
  { adapter: 'multithreading', variant: 'semaphore' },
  theirs('Semaphore'),
]
const WRITE: readonly Row[] = [
  ours('rwsem', 'lockstorm rwsem, write'),
  cls('RwSem.write'),
  { adapter: 'multithreading', variant: 'write' },
]
export const READ: readonly Row[] = [
  ADD_SUB,
  ours('rwsem.shared', 'lockstorm rwsem, read'),
  cls('RwSem.read'),
  { adapter: 'multithreading', variant: 'read' },
]

/** An exclusive pair: alone against its floor, then contended with an empty and with a short section. */
const exclusive = (subject: string, floor: readonly Row[], rows: readonly Row[]): Case[] => [
  { subject, rows: [...floor, ...rows], workers: [1] },
  { subject, rows, workers: CONTENDED },
  { subject, rows, workers: CONTENDED, holdNs: HOLD_NS },
]

/** A pair that lets several in. */
const shared = (subject: string, rows: readonly Row[], workers: readonly number[] = [1, 2, 8]): Case => ({
  subject,
  rows,
  workers,
  excludes: false,
})

/** Ours beside bare Atomics, classes and other packages. */
export const compared: readonly Case[] = [
  ...exclusive('mutex.lock+unlock', [CAS_CAS, CAS_STORE, ...ALONE], MUTEX),
  ...exclusive('spinlock.lock+unlock', [CAS_STORE, TICKET], SPIN),
  ...exclusive('semaphore.down+up', [LOAD_CAS_ADD], SEMAPHORE),
  ...exclusive('rwsem.write', [CAS_CAS], WRITE),
  shared('rwsem.read', READ),
  shared('rwlock.read', [ADD_SUB, ours('rwlock.shared', 'lockstorm rwlock, read')], [1]),
  shared('seqcount.read', [LOADS, ours('seqlock.optimistic', 'lockstorm seqcount, read')], [1, 8]),
  shared('srcu.read', [LOAD_ADD_ADD, ours('srcu.read', 'lockstorm srcu, read'), cls('Srcu')]),
  {
    ...shared(
      'srcu.grace-period, per slot',
      [ours('srcu.grace', `synchronize_srcu, ${SRCU_SLOTS} slots`)],
      [1],
    ),
    opsPerPair: SRCU_SLOTS,
  },
  ...exclusive('ww_mutex.lock+unlock', [CAS_CAS], [ours('ww_mutex', 'lockstorm ww_mutex')]),
  shared('rwlock.write', [CAS_CAS, ours('rwlock', 'lockstorm rwlock, write')], [1]),
  shared('percpu_rwsem.read', [ADD_SUB, ours('percpu_rwsem.shared', 'lockstorm percpu_rwsem, read')]),
  shared('percpu_ref.get+put', [ADD_SUB, ours('percpu_ref.reference', 'lockstorm percpu_ref')]),
  shared('refcount.inc+dec', [ADD_SUB, ours('refcount.reference', 'lockstorm refcount')]),
  shared('kref.get+put', [ADD_SUB, ours('kref.reference', 'lockstorm kref')]),
  ...[1, 2].map((workers): Case => ({
    subject: 'condition.turn',
    rows: [ours('condition.turn', 'lockstorm condition'), cls('Condition'), theirs('Condition')],
    workers: [workers],
  })),
  ...[1, 2].map((workers) =>
    shared(
      'barrier.wait',
      [ours('barrier.meeting', 'lockstorm barrier'), cls('Barrier'), theirs('Barrier')],
      [workers],
    ),
  ),
  shared('once, done before', [ours('once.meeting', 'lockstorm once'), cls('Once'), theirs('Once')], [1, 2]),
  shared(
    'completion.complete+wait',
    [ADD_SUB, ours('completion.tokens', 'lockstorm completion'), cls('Completion')],
    [1],
  ),
  shared('channel.send+receive', [cls('Channel')], [1, 2]),
]

const shown = new Set(
  compared.flatMap(({ rows }) =>
    rows.flatMap(({ adapter, variant }) => (adapter === 'sync' ? [variant] : [])),
  ),
)

/** What is compared with nothing else: alone, over the floor. */
const alone: readonly Case[] = pairs
  .filter(({ name }) => !shown.has(name))
  .map(({ name, excludes }) => ({
    subject: name,
    rows: [excludes ? CAS_CAS : ADD_SUB, ours(name, `lockstorm ${name}`)],
    workers: [1],
    excludes,
  }))

export const cases: readonly Case[] = [...compared, ...alone]
