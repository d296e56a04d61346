/**
 * The wound/wait part of the locking self-test, on real ww_mutexes: what their users may do and what is reported.
 *
 * Context   one thread, checked build, in the arena of the self-test; CPU 1 stands in for somebody else.
 */
import { attach, memory } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EALREADY, EDEADLK } from '../base/errno.ts'
import type { ExtraCase, ExtraSection } from './cases.ts'
import { alloc_boot } from '../mem/arena.ts'
import { task_of } from '../mem/task.ts'
import * as sync from '../sync/index.ts'

type Lock = Addr<'ww_mutex'>
type Ctx = Addr<'ww_acquire_ctx'>

/** What a case works with: three locks of one class, contexts, and a spinlock. */
interface Bench {
  readonly o: Lock
  readonly o2: Lock
  readonly t: Ctx
  readonly t2: Ctx
  readonly class: Addr<'ww_class'>
  readonly x: Addr<'spinlock'>
}

function bench(): Bench {
  const ww = as<'ww_class'>(alloc_boot(sync.ww_class.words))
  sync.ww_class_init(ww, true)
  const lock = (): Lock => {
    const made = as<'ww_mutex'>(alloc_boot(sync.ww_mutex.words))
    sync.ww_mutex_init(made, 'ww_lockdep_mutex')
    return made
  }
  const x = as<'spinlock'>(alloc_boot(sync.spinlock.words))
  sync.spin_lock_init(x, 'lock_X')
  const ctx = (): Ctx => as<'ww_acquire_ctx'>(alloc_boot(sync.ww_acquire_ctx.words))
  return { o: lock(), o2: lock(), t: ctx(), t2: ctx(), class: ww, x }
}

function begin(b: Bench, ctx: Ctx = b.t): void {
  sync.ww_acquire_init(ctx, b.class, 'ww_lockdep_acquire')
}

function wanted(found: number, expected: number): void {
  if (found !== expected) throw new Error(`ww_mutex answers ${found}, not ${expected}`)
}

function take(lock: Lock, ctx: Ctx = NULL): void {
  wanted(sync.ww_mutex_lock(lock, ctx), 0)
}

function attempt(lock: Lock, ctx: Ctx = NULL): void {
  wanted(Number(sync.ww_mutex_trylock(lock, ctx)), 1)
}

/** As another CPU: it holds what it takes until it is asked to give it back. */
function asOther(fn: () => void): void {
  attach(memory(), 1, task_of(1))
  try {
    fn()
  } finally {
    attach(memory(), 0, task_of(0))
  }
}

const silent = (run: (b: Bench) => void): ExtraCase => ({ expect: 'silent', run: () => run(bench()) })
const report = (run: (b: Bench) => void): ExtraCase => ({ expect: 'report', run: () => run(bench()) })

const API = [
  silent((b) => {
    begin(b)
    take(b.o, b.t)
    wanted(sync.ww_mutex_lock(b.o, b.t), -EALREADY)
    sync.ww_mutex_unlock(b.o)
    sync.ww_acquire_fini(b.t)
  }),
  silent((b) => {
    take(b.o)
    sync.ww_mutex_unlock(b.o)
    attempt(b.o)
    wanted(Number(sync.ww_mutex_trylock(b.o, NULL)), 0)
    sync.ww_mutex_unlock(b.o)
  }),
]

const CONTEXTS = [
  report((b) => {
    begin(b)
    begin(b, b.t2)
  }),
]

const FINISHING = [
  report((b) => {
    begin(b)
    sync.ww_acquire_fini(b.t)
    sync.ww_acquire_fini(b.t)
  }),
  report((b) => {
    begin(b)
    take(b.o, b.t)
    sync.ww_acquire_fini(b.t)
  }),
  report((b) => {
    begin(b)
    sync.ww_acquire_fini(b.t)
    take(b.o, b.t)
  }),
]

const MISMATCHES = [
  report((b) => {
    take(b.o)
    sync.ww_mutex_unlock(b.o)
    sync.ww_mutex_unlock(b.o)
  }),
  report((b) => {
    asOther(() => take(b.o))
    sync.ww_mutex_unlock(b.o)
  }),
]

/** Ours is younger and has o when it wants o2, which the other has. */
function conflict(b: Bench): void {
  asOther(() => {
    begin(b, b.t2)
    take(b.o2, b.t2)
  })
  begin(b)
  take(b.o, b.t)
  wanted(sync.ww_mutex_lock(b.o2, b.t), -EDEADLK)
}

const DEADLOCK = [
  silent((b) => {
    conflict(b)
    sync.ww_mutex_unlock(b.o)
    asOther(() => {
      sync.ww_mutex_unlock(b.o2)
      sync.ww_acquire_fini(b.t2)
    })
    take(b.o2, b.t)
    take(b.o, b.t)
    sync.ww_mutex_unlock(b.o)
    sync.ww_mutex_unlock(b.o2)
    sync.ww_acquire_fini(b.t)
  }),
  report((b) => {
    conflict(b)
    sync.ww_acquire_fini(b.t)
  }),
  silent((b) => {
    conflict(b)
    wanted(sync.ww_mutex_lock(b.o2, b.t), -EDEADLK)
  }),
]

type Way = 'context' | 'try' | 'block'

function enter(b: Bench, way: Way, lock: Lock): void {
  if (way === 'context') take(lock, b.t)
  else if (way === 'try') attempt(lock)
  else take(lock)
}

/** Two locks of the class, taken in two ways one inside the other. */
function nested(outer: Way, inner: Way, expect: ExtraCase['expect']): ExtraCase {
  return {
    expect,
    run() {
      const b = bench()
      if (outer === 'context') begin(b)
      enter(b, outer, b.o)
      if (outer !== 'context' && inner === 'context') begin(b)
      enter(b, inner, b.o2)
      sync.ww_mutex_unlock(b.o2)
      sync.ww_mutex_unlock(b.o)
      if (outer === 'context' || inner === 'context') sync.ww_acquire_fini(b.t)
    },
  }
}

/** A spinlock under the lock, then the lock under the spinlock. */
function spinning(way: Way, expect: ExtraCase['expect']): ExtraCase {
  return {
    expect,
    run() {
      const b = bench()
      take(b.o)
      sync.spin_lock(b.x)
      sync.spin_unlock(b.x)
      sync.ww_mutex_unlock(b.o)
      if (way === 'context') begin(b)
      sync.spin_lock(b.x)
      enter(b, way, b.o)
      sync.ww_mutex_unlock(b.o)
      sync.spin_unlock(b.x)
    },
  }
}

/** Rows as in the kernel's table; the last four say `block | try | context` for the inner lock. */
export const WOUND_WAIT: ExtraSection = {
  title: 'Wound/wait tests',
  rows: [
    { title: 'ww api failures', cases: API },
    { title: 'ww contexts mixing', cases: CONTEXTS },
    { title: 'finishing ww context', cases: FINISHING },
    { title: 'locking mismatches', cases: MISMATCHES },
    { title: 'EDEADLK handling', cases: DEADLOCK },
    {
      title: 'context',
      cases: [
        nested('context', 'block', 'report'),
        nested('context', 'try', 'silent'),
        nested('context', 'context', 'silent'),
      ],
    },
    {
      title: 'try',
      cases: [
        nested('try', 'block', 'report'),
        nested('try', 'try', 'silent'),
        nested('try', 'context', 'report'),
      ],
    },
    {
      title: 'block',
      cases: [
        nested('block', 'block', 'report'),
        nested('block', 'try', 'silent'),
        nested('block', 'context', 'report'),
      ],
    },
    {
      title: 'spinlock',
      cases: [spinning('block', 'report'), spinning('try', 'silent'), spinning('context', 'report')],
    },
  ],
}
