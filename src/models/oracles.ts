/**
 * Models that break a rule of the locks without any bad interleaving, one for each oracle that watches such rules, and
 * their correct twins.
 */
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  spin_lock,
  spin_lock_init,
  spin_unlock,
  spinlock,
} from '../sync/index.ts'
import { defineModel, type Model, type Scene } from '../define/model.ts'

interface Locks extends Record<string, number> {
  readonly a: number
  readonly b: number
  readonly spin: number
}

function locks(scene: Scene): Locks {
  const a = scene.name(alloc_boot(mutex.words), 'lock_a', mutex)
  const b = scene.name(alloc_boot(mutex.words), 'lock_b', mutex)
  const spin = scene.name(alloc_boot(spinlock.words), 'spin', spinlock)
  mutex_init(as(a), 'lock_a')
  mutex_init(as(b), 'lock_b')
  spin_lock_init(as(spin), 'spin')
  return { a, b, spin }
}

function both(first: number, second: number): void {
  mutex_lock(as(first))
  mutex_lock(as(second))
  mutex_unlock(as(second))
  mutex_unlock(as(first))
}

const abThenBa: Pick<Model, 'lockdep' | 'races'> & { readonly cpus: readonly ((s: Locks) => void)[] } = {
  cpus: [
    function one({ a, b }) {
      both(a, b)
      both(b, a)
    },
    function other({ spin }) {
      spin_lock(as(spin))
      spin_unlock(as(spin))
    },
  ],
}

/** Controls and twins. */
export const oracles: readonly Model[] = [
  defineModel<Locks>({
    name: 'held-at-exit',
    summary: 'a CPU returns with a mutex held',
    setup: locks,
    cpus: [
      function forgets({ a }) {
        mutex_lock(as(a))
      },
      function other({ b }) {
        mutex_lock(as(b))
        mutex_unlock(as(b))
      },
    ],
    expect: 'lock held at exit',
  }),
  defineModel<Locks>({
    name: 'sleep-under-spinlock',
    summary: 'a mutex is taken under a spinlock, free or not: the CPU may sleep while it holds it',
    setup: locks,
    cpus: [
      function nests({ a, spin }) {
        spin_lock(as(spin))
        mutex_lock(as(a))
        mutex_unlock(as(a))
        spin_unlock(as(spin))
      },
      function other({ b }) {
        mutex_lock(as(b))
        mutex_unlock(as(b))
      },
    ],
    expect: 'sleep in atomic context',
  }),
  defineModel<Locks>({
    name: 'spinlock-under-mutex',
    summary: 'a spinlock taken under a mutex: the right way round',
    setup: locks,
    cpus: Array.from({ length: 2 }, () => ({ a, spin }: Locks) => {
      mutex_lock(as(a))
      spin_lock(as(spin))
      spin_unlock(as(spin))
      mutex_unlock(as(a))
    }),
    lockdep: true,
  }),
  defineModel<Locks>({
    name: 'lockdep-order',
    summary: 'one CPU takes two mutexes in both orders: nothing can deadlock, lockdep reports it',
    setup: locks,
    ...abThenBa,
    lockdep: true,
    expect: 'detector report',
  }),
  defineModel<Locks>({
    name: 'lockdep-order-unwatched',
    summary: 'the same without lockdep',
    setup: locks,
    ...abThenBa,
  }),
]
