/**
 * Models of every exclusive lock of sync: 2 CPUs × 2 rounds, 3 CPUs × 1 round, and every way to fail to get it. Every two ways
 * beside each other: pairs.ts.
 */
import { futex_wait } from '#access'
import { alloc_boot } from '../mem/arena.ts'
import { locks } from '../sync/members/index.ts'
import type { Lock } from '../sync/members/shapes.ts'
import { send_signal } from '../sync/park.ts'
import { defineModel, type Model } from '../define/model.ts'
import {
  countedFinish,
  counting,
  countOnce,
  countedSetup,
  times,
  type Counted,
  type Locking,
} from './counting.ts'
import { sideWays } from './ways.ts'

/** Models that cannot be exhausted: preemptions up to which every schedule is seen. */
const BOUNDS: Readonly<Record<string, number>> = {
  'mutex-timeout-3': 3,
  'semaphore-3': 3,
  'semaphore-handoff': 3,
  'semaphore-timeout-3': 3,
  'ww-mutex-3': 3,
}

/** `mutex`, `ticket`, `ww-mutex`. */
export function modelName({ name }: Pick<Lock, 'name'>): string {
  return name.replace(/_lock$/, '').replaceAll('_', '-')
}

/** The lock with one of its ways to take it, if it has that. */
function locking(lock: Lock, way: string): Locking[] {
  const { layout, init, unlock } = lock
  const found = sideWays(lock).filter(({ name }) => name === way)
  return found.map(({ take }) => ({ layout, init: (at) => void init(at, 'lock'), lock: take, unlock }))
}

/** A sleeper waits past the hand-over limit while others barge. */
function handoff(plain: Locking): Pick<Model<Counted>, 'setup' | 'cpus'> {
  return {
    setup: (scene) => ({ ...countedSetup(plain, 3)(scene), nap: scene.name(alloc_boot(1), 'nap') }),
    cpus: [
      function holder(s) {
        plain.lock(s.lock)
        futex_wait(s['nap'] as number, 0, 2_000_000)
        plain.unlock(s.lock)
      },
      (s) => countOnce(plain, 1, s),
      (s) => countOnce(plain, 2, s),
    ],
  }
}

/** Two sleep; the one that is woken loses to the holder, which takes the lock again, and looks once more. */
function barging(plain: Locking): Pick<Model<Counted>, 'setup' | 'cpus'> {
  return {
    setup: countedSetup(plain, 3),
    cpus: [
      (s) => {
        plain.lock(s.lock)
        plain.unlock(s.lock)
        countOnce(plain, 0, s)
      },
      (s) => countOnce(plain, 1, s),
      (s) => countOnce(plain, 2, s),
    ],
  }
}

/** One CPU sends a signal to another that locks interruptibly, while a third holds the lock now and then. */
function signalled(plain: Locking, interruptible: Locking): Pick<Model<Counted>, 'setup' | 'cpus'> {
  return {
    setup: countedSetup(plain, 3),
    cpus: [
      (s) => countOnce(interruptible, 0, s),
      (s) => countOnce(plain, 1, s),
      function signaller() {
        send_signal(0)
      },
    ],
  }
}

function modelsOf(lock: Lock): Model[] {
  const { name } = lock
  const [plain] = locking(lock, 'lock') as [Locking]
  const early = { earlyTimeouts: 1 }
  const bounded = (model: Model): Model =>
    model.name in BOUNDS ? { ...model, bound: BOUNDS[model.name] as number } : model
  const count = (suffix: string, what: string, ways: readonly Locking[], rounds: number, more = {}): Model =>
    bounded(counting(modelName(lock) + suffix, `${name}${what}`, ways, rounds, more))
  const three = (
    suffix: string,
    what: string,
    parts: Pick<Model<Counted>, 'setup' | 'cpus'>,
    more = {},
  ): Model => {
    const named = { name: modelName(lock) + suffix, summary: `${name}: ${what}` }
    return bounded(defineModel<Counted>({ ...named, finish: countedFinish(3), ...parts, ...more }))
  }
  return [
    count('', ', 2 CPUs × 2 rounds', times(2, plain), 2),
    count('-3', ', 3 CPUs × 1 round', times(3, plain), 1),
    three('-barge', 'a holder takes it again, two wait: nobody is forgotten', barging(plain), { bound: 3 }),
    ...locking(lock, 'trylock').map((way) =>
      count('-trylock', ': lock ‖ trylock, 2 rounds', [plain, way], 2),
    ),
    ...locking(lock, 'timed').flatMap((way) => [
      count('-timeout', ': lock ‖ timed, 2 rounds', [plain, way], 2, early),
      count('-timeout-3', ': two timed ‖ lock', [way, way, plain], 1, early),
      // Whoever looks again by itself would do so all the time.
      ...(lock.naps === true
        ? []
        : [
            three(
              '-handoff',
              'a holder sleeps 2 ms, two wait: it is handed over, nobody is forgotten',
              handoff(plain),
              early,
            ),
          ]),
    ]),
    ...locking(lock, 'interruptible').map((way) =>
      three('-signal', 'interruptible ‖ lock ‖ a signal: no wake-up is lost', signalled(plain, way)),
    ),
  ]
}

/** Models of the locks with one owner. */
export const exclusiveLocks: readonly Model[] = locks
  .filter(({ shared, optimistic }) => shared === undefined && optimistic === undefined)
  .flatMap(modelsOf)
