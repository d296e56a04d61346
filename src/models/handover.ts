/**
 * Models of the promise of owner_lock to those that wait too long: one that has waited a millisecond and finds the lock taken again
 * asks for it, the next unlock keeps it for the asker, and a trylock does not get in between. Naps end when nothing else can run, so
 * a model knows who is asleep.
 */
import { futex_wait, futex_wake, READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { ETIME } from '../base/errno.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  mutex,
  mutex_init,
  mutex_lock,
  mutex_lock_interruptible,
  mutex_lock_timeout,
  mutex_trylock,
  mutex_unlock,
  send_signal,
} from '../sync/index.ts'
import { owner_lock, owner_lock_async_try } from '../sync/owner_lock.ts'
import { HANDOFF } from '../sync/owner_word.ts'
import { check, defineModel, type Model } from '../define/model.ts'

interface Lock extends Record<string, number> {
  readonly lock: number
  readonly nap: number
  /** 1: the waiter has had the lock. */
  readonly had: number
  /** 1: another has had it. */
  readonly told: number
}

/** Longer than a waiter waits before it asks. */
const LONG_NS = 1_500_000

function nap(s: Lock): void {
  futex_wait(s.nap, 0, LONG_NS)
}

/** Holds the lock for long, gives it back, takes it again before the waiter that was woken can, and holds it. False if it cannot. */
function barges(s: Lock): boolean {
  mutex_lock(as(s.lock))
  nap(s)
  mutex_unlock(as(s.lock))
  if (!mutex_trylock(as(s.lock))) return false
  nap(s)
  if (READ_ONCE(s.had) === 0) return true
  mutex_unlock(as(s.lock))
  return false
}

function holder(s: Lock): void {
  if (!barges(s)) return
  const asked = (READ_ONCE(s.lock) & HANDOFF) !== 0
  mutex_unlock(as(s.lock))
  const got = mutex_trylock(as(s.lock))
  const stolen = got && READ_ONCE(s.had) === 0
  if (got) mutex_unlock(as(s.lock))
  check(
    asked && !stolen,
    asked ? 'a trylock gets what was kept for a waiter' : 'a waiter did not ask in time',
  )
}

function waiter(s: Lock): void {
  mutex_lock(as(s.lock))
  WRITE_ONCE(s.had, 1)
  mutex_unlock(as(s.lock))
}

/** Asks for the lock, and its time is up before it is given back. */
function quitter(s: Lock): void {
  const error = mutex_lock_timeout(as(s.lock), LONG_NS + LONG_NS / 2)
  check(error === 0 || error === -ETIME, `mutex_lock_timeout returned ${error}`)
  if (error === 0) mutex_unlock(as(s.lock))
}

/** Waits asynchronously. */
function awaits(s: Lock): void {
  const word = s.lock + owner_lock.offset.async
  for (let seen; (seen = owner_lock_async_try(as(s.lock))) !== 0;) futex_wait(word, seen)
  mutex_unlock(as(s.lock))
}

/** The same, of a thread that is busy with something else until another has had the lock. */
function busy(s: Lock): void {
  const seen = owner_lock_async_try(as(s.lock))
  if (seen === 0) return mutex_unlock(as(s.lock))
  futex_wait(s.lock + owner_lock.offset.async, seen)
  while (READ_ONCE(s.told) === 0) futex_wait(s.told, 0)
  awaits(s)
}

/** Gets the lock, and tells. */
function tells(s: Lock): void {
  mutex_lock(as(s.lock))
  WRITE_ONCE(s.told, 1)
  futex_wake(s.told, 1)
  mutex_unlock(as(s.lock))
}

/** Holds the lock until all wait. */
function holds(s: Lock): void {
  mutex_lock(as(s.lock))
  nap(s)
  mutex_unlock(as(s.lock))
}

/** Takes the lock again after it has been asked for: what was kept, it cannot. */
function bargesOnce(s: Lock): void {
  if (barges(s)) mutex_unlock(as(s.lock))
}

/** Is woken, and a signal comes before it has looked. */
function interrupted(s: Lock): void {
  if (mutex_lock_interruptible(as(s.lock)) === 0) mutex_unlock(as(s.lock))
}

function model(
  name: string,
  summary: string,
  cpus: readonly ((s: Lock) => void)[],
  more: Partial<Model<Lock>> = {},
): Model {
  return defineModel<Lock>({
    name,
    summary,
    setup(scene) {
      const lock = scene.name(alloc_boot(mutex.words), 'lock', mutex)
      mutex_init(as(lock), 'lock')
      const word = (called: string): number => scene.name(alloc_boot(1), called)
      return { lock, nap: word('nap'), had: word('had'), told: word('told') }
    },
    cpus,
    ...more,
  })
}

/** Models of the hand-over. */
export const handovers: readonly Model[] = [
  model('handover', 'a holder that takes the lock again ‖ a waiter that has lost it after 1 ms', [
    holder,
    waiter,
  ]),
  model('handover-quit', 'the same ‖ a waiter that has asked and gives up', [bargesOnce, quitter]),
  model(
    'handover-awake',
    'a holder that takes the lock again ‖ a waiter that has asked and is not yet asleep when it is kept for it',
    [
      (s) => {
        for (let i = 0; i < 2; i++) {
          mutex_lock(as(s.lock))
          mutex_unlock(as(s.lock))
        }
      },
      waiter,
    ],
    { tickNs: LONG_NS },
  ),
  model(
    'handover-busy',
    'a holder ‖ one that waits asynchronously on a thread that is busy until ‖ a waiter has had the lock',
    [holds, busy, tells],
    { bound: 2 },
  ),
  model(
    'handover-busy-asker',
    'the lock is kept for a waiter ‖ one that waits asynchronously on such a thread ‖ one behind it',
    [bargesOnce, waiter, busy, tells],
    { earlyTimeouts: 2, bound: 1 },
  ),
  model(
    'handover-duty',
    'the same ‖ a waiter that is woken and gives up ‖ a signal for it ‖ one that sleeps on',
    [
      interrupted,
      (s) => {
        mutex_lock(as(s.lock))
        nap(s)
        mutex_unlock(as(s.lock))
        mutex_lock(as(s.lock))
        mutex_unlock(as(s.lock))
      },
      waiter,
      function signaller() {
        send_signal(0)
      },
    ],
    { bound: 2 },
  ),
]
