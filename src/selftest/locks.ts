/**
 * The locks of src/sync behind the steps of the locking self-test: in the kernel's columns those that it has, and a row for each side
 * of every other one.
 */
import { alloc_boot } from '../mem/arena.ts'
import { gracePeriods, locks, type GracePeriods, type Lock } from '../sync/members/index.ts'
import type { Observer } from '../trace/observer.ts'
import { installObserver, removeObserver } from '../trace/observers.ts'
import { BASIC, CONTEXTS, FIXED, type ExtraCase, type ExtraSection } from './cases.ts'
import { play, type Kind, type KindName, type LockKinds } from './kinds.ts'
import type { Action } from './script.ts'

type Acts = Readonly<Partial<Record<Action, (lock: number, name: string) => void>>>

function kind(words: number, init: (lock: number, name: string) => void, acts: Acts): Kind {
  return {
    create(name) {
      const lock = alloc_boot(words)
      init(lock, name)
      return lock
    },
    run: (action, lock, name) => (action === 'init' ? init(lock, name) : acts[action]?.(lock, name)),
  }
}

function lockKind({ layout, init, lock, unlock, shared }: Lock): Kind {
  return kind(layout.words, (at, name) => void init(at, name), {
    lock,
    unlock,
    write: lock,
    'write unlock': unlock,
    ...(shared !== undefined && { read: shared.lock, 'read unlock': shared.unlock }),
  })
}

function readerKind({ layout, init, readlock, readunlock }: GracePeriods): Kind {
  const inside: number[] = []
  return kind(layout.words, (at, name) => void init(at, name), {
    read: (at) => void inside.push(readlock(at)),
    'read unlock': (at) => readunlock(at, inside.pop() ?? 0),
  })
}

/** By kind, the lock of ours; readers that may nest (`rwlock` of the kernel before 3.16, 70af2f8a4f48) none of ours has. */
const COLUMNS: Readonly<Partial<Record<KindName, string>>> = {
  spin: 'spinlock',
  qrwlock: 'rwlock',
  mutex: 'mutex',
  rwsem: 'rwsem',
}

/** Locks of the kernel's columns. */
export const IN_COLUMNS: ReadonlySet<string> = new Set(Object.values(COLUMNS))
const lockNamed = (name: string): Lock => locks.find((one) => one.name === name) as Lock
/** Every kind that src/sync has. */
export const REAL: Partial<LockKinds> = {
  ...Object.fromEntries(Object.entries(COLUMNS).map(([name, of]) => [name, lockKind(lockNamed(of))])),
  srcu: readerKind(gracePeriods[0] as GracePeriods),
}

/** True if taking it tells lockdep. A scenario that lockdep is not told of, and does not stop, would hang. */
function tells(of: Kind, reads: boolean): boolean {
  let told = false
  const listener: Observer = {
    name: 'selftest',
    lockAcquire() {
      told = true
    },
  }
  const lock = of.create('lock_told')
  installObserver(listener)
  of.run(reads ? 'read' : 'lock', lock, 'lock_told')
  removeObserver(listener)
  of.run(reads ? 'read unlock' : 'unlock', lock, 'lock_told')
  return told
}

const READING: Readonly<Partial<Record<Action, Action>>> = { lock: 'read', unlock: 'read unlock' }

/** What depends on the lock; longer cycles are found or not whatever lies on them. */
const TITLES = [
  'A-A deadlock',
  'A-B-B-A deadlock',
  'double unlock',
  'initialize held',
  'in SPINLOCK context',
  'in MUTEX context',
]
const SCENARIOS = [...BASIC, ...CONTEXTS].filter(({ title }) => TITLES.includes(title))

/** A row: each of those with this side of the lock, or what it comes to where lockdep is told nothing: silence. */
function row(title: string, of: Lock, reads: boolean): ExtraSection['rows'][number] {
  const mine = lockKind(of)
  let told: boolean | undefined
  const on = (cls: string, action: Action): { kind: Kind; action: Action } => {
    const fixed = FIXED[cls]
    if (fixed !== undefined) return { kind: REAL[fixed] as Kind, action }
    return { kind: mine, action: (reads ? READING[action] : undefined) ?? action }
  }
  const column = of.sleeps ? 'mutex' : 'spin'
  return {
    title,
    cases: SCENARIOS.map(({ script, expect }): ExtraCase => ({
      expect: expect[column] ?? 'silent',
      run() {
        if ((told ??= tells(mine, reads))) play(script, (step) => on(step.class, step.action))
      },
    })),
  }
}

/** Every lock that tells lockdep and has no column. */
export function furtherLocks(of: readonly Lock[] = locks): ExtraSection {
  const others = of.filter(({ name, untraced }) => untraced !== true && !IN_COLUMNS.has(name))
  return {
    title: 'locks without a column',
    rows: others.flatMap((lock) => [
      row(lock.name, lock, false),
      ...(lock.shared === undefined ? [] : [row(`${lock.name}, readers`, lock, true)]),
    ]),
  }
}
