/**
 * Models of spinlock and mutex: 2 CPUs × 2 rounds, 3 CPUs × 1 round, and every way to fail to get the lock.
 */
import { futex_wait } from '#access'
import { as } from '../base/addr.ts'
import { EINTR, ETIME } from '../base/errno.ts'
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
  spin_lock,
  spin_lock_init,
  spin_trylock,
  spin_unlock,
  spinlock,
} from '../sync/index.ts'
import { check, defineModel, type Model } from '../define/model.ts'
import {
  countedFinish,
  counting,
  countOnce,
  countedSetup,
  times,
  type Counted,
  type Locking,
} from './counting.ts'

const SPIN: Locking = {
  layout: spinlock,
  init: (l) => spin_lock_init(as(l), 'lock'),
  lock: (l) => spin_lock(as(l)),
  unlock: (l) => spin_unlock(as(l)),
}
const SPIN_TRY: Locking = { ...SPIN, lock: (l) => spin_trylock(as(l)) }

const MUTEX: Locking = {
  layout: mutex,
  init: (l) => mutex_init(as(l), 'lock'),
  lock: (l) => mutex_lock(as(l)),
  unlock: (l) => mutex_unlock(as(l)),
}
const MUTEX_TRY: Locking = { ...MUTEX, lock: (l) => mutex_trylock(as(l)) }

/** True for 0, false for the one error that is allowed. */
function unless(error: number, result: number): boolean {
  check(result === 0 || result === error, `returned ${result}`)
  return result === 0
}
const MUTEX_TIMEOUT: Locking = { ...MUTEX, lock: (l) => unless(-ETIME, mutex_lock_timeout(as(l), 5_000)) }
const MUTEX_INTERRUPTIBLE: Locking = {
  ...MUTEX,
  lock: (l) => unless(-EINTR, mutex_lock_interruptible(as(l))),
}

/** A sleeper waits past the hand-over limit while others barge. */
const mutexHandoff = defineModel<Counted>({
  name: 'mutex-handoff',
  summary:
    'a holder sleeps 2 ms, a waiter times its wait, a third barges: the lock is handed over, nobody is forgotten',
  setup: (scene) => {
    const state = countedSetup(MUTEX, 3)(scene)
    return { ...state, nap: scene.name(alloc_boot(1), 'nap') }
  },
  cpus: [
    function holder(s) {
      mutex_lock(as(s.lock))
      futex_wait(s['nap'] as number, 0, 2_000_000)
      mutex_unlock(as(s.lock))
    },
    (s) => countOnce(MUTEX, 1, s),
    (s) => countOnce(MUTEX, 2, s),
  ],
  finish: countedFinish(3),
  earlyTimeouts: 1,
})

/** One CPU sends a signal to another that locks interruptibly, while a third holds the lock now and then. */
const mutexSignal = defineModel<Counted>({
  name: 'mutex-signal',
  summary: 'mutex_lock_interruptible ‖ mutex_lock ‖ a signal: the lock or -EINTR, and no wake-up lost',
  setup: countedSetup(MUTEX, 3),
  cpus: [
    (s) => countOnce(MUTEX_INTERRUPTIBLE, 0, s),
    (s) => countOnce(MUTEX, 1, s),
    function signaller() {
      send_signal(0)
    },
  ],
  finish: countedFinish(3),
})

/** Models of the exclusive locks. */
export const exclusiveLocks: readonly Model[] = [
  counting('spinlock', 'spinlock, 2 CPUs × 2 rounds', times(2, SPIN), 2),
  counting('spinlock-3', 'spinlock, 3 CPUs × 1 round', times(3, SPIN), 1),
  counting('spinlock-trylock', 'spin_lock ‖ spin_trylock, 2 rounds', [SPIN, SPIN_TRY], 2),
  counting('mutex', 'mutex, 2 CPUs × 2 rounds', times(2, MUTEX), 2),
  counting('mutex-3', 'mutex, 3 CPUs × 1 round', times(3, MUTEX), 1),
  counting('mutex-trylock', 'mutex_lock ‖ mutex_trylock, 2 rounds', [MUTEX, MUTEX_TRY], 2),
  counting('mutex-timeout', 'mutex_lock ‖ mutex_lock_timeout, 2 rounds', [MUTEX, MUTEX_TIMEOUT], 2, {
    earlyTimeouts: 1,
  }),
  counting(
    'mutex-timeout-3',
    'two mutex_lock_timeout ‖ mutex_lock',
    [MUTEX_TIMEOUT, MUTEX_TIMEOUT, MUTEX],
    1,
    {
      earlyTimeouts: 1,
      bound: 3,
    },
  ),
  mutexSignal,
  mutexHandoff,
]
