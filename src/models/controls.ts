/**
 * Models that are wrong on purpose, one for each thing the explorer must find, and their correct twins. `expect` says what
 * must be found; a control that is not caught is a defect of the explorer.
 */
import {
  cpu_relax,
  fetch_add,
  futex_wait,
  futex_wake,
  read,
  READ_ONCE,
  write,
  WRITE_ONCE,
  xchg,
} from '#access'
import { trace_alloc, trace_free } from '#trace'
import { alloc_boot } from '../mem/arena.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { counting, times, type Locking } from './counting.ts'
import {
  naive_lock,
  naive_mutex,
  naive_unlock,
  toy_lock,
  toy_mutex,
  toy_spin_lock,
  toy_spin_unlock,
  toy_srcu,
  toy_srcu_read_lock,
  toy_srcu_read_unlock,
  toy_synchronize_srcu,
  toy_synchronize_srcu_once,
  toy_unlock,
} from './toy_locks.ts'

const nothing = (): void => {}
const TOY: Locking = { layout: toy_mutex, init: nothing, lock: toy_lock, unlock: toy_unlock }
const NAIVE: Locking = { layout: naive_mutex, init: nothing, lock: naive_lock, unlock: naive_unlock }
const SPIN: Locking = { layout: toy_mutex, init: nothing, lock: toy_spin_lock, unlock: toy_spin_unlock }
const NONE: Locking = { layout: toy_mutex, init: nothing, lock: nothing, unlock: nothing }

interface Grace extends Record<string, number> {
  readonly ss: number
  readonly gp: number
  readonly a: number
  readonly b: number
}

/** A reader follows a pointer in a read section while an updater replaces the object and frees the old one. */
function grace(
  name: string,
  summary: string,
  synchronize: (ss: number) => void,
  expect?: Model['expect'],
): Model {
  return defineModel<Grace>({
    name,
    summary,
    setup: (scene) => {
      const ss = scene.name(alloc_boot(toy_srcu.words), 'ss', toy_srcu)
      const gp = scene.name(alloc_boot(1), 'gp')
      const a = scene.name(alloc_boot(1), 'old->data')
      const b = scene.name(alloc_boot(1), 'new->data')
      write(gp, a)
      return { ss, gp, a, b }
    },
    cpus: [
      function updater({ ss, gp, b }) {
        synchronize(ss) // an earlier grace period
        const old = xchg(gp, b)
        synchronize(ss)
        trace_free(old, 1, 'data')
      },
      function reader({ ss, gp }) {
        const idx = toy_srcu_read_lock(ss)
        read(READ_ONCE(gp))
        toy_srcu_read_unlock(ss, idx)
      },
    ],
    ...(expect && { expect }),
  })
}

interface Pair extends Record<string, number> {
  readonly a: number
  readonly b: number
}

const pair = (scene: Scene): Pair => ({
  a: scene.name(alloc_boot(1), 'lock_a', toy_mutex),
  b: scene.name(alloc_boot(1), 'lock_b', toy_mutex),
})

function takeBoth(first: number, second: number): void {
  toy_lock(first)
  toy_lock(second)
  toy_unlock(second)
  toy_unlock(first)
}

const word = (scene: Scene): { flag: number; data: number } => ({
  flag: scene.name(alloc_boot(1), 'flag'),
  data: scene.name(alloc_boot(1), 'data'),
})

const abba = defineModel<Pair>({
  name: 'abba',
  summary: 'two mutexes taken in both orders: must deadlock',
  setup: pair,
  cpus: [
    function cpu0({ a, b }) {
      takeBoth(a, b)
    },
    function cpu1({ a, b }) {
      takeBoth(b, a)
    },
  ],
  expect: 'deadlock',
})

const testThenSet = defineModel({
  name: 'test-then-set',
  summary: 'a flag is tested, then set: two owners',
  setup: word,
  cpus: [0, 1].map(() => ({ flag, data }: { flag: number; data: number }) => {
    if (READ_ONCE(flag) !== 0) return
    WRITE_ONCE(flag, 1)
    fetch_add(data, 1)
  }),
  finish: ({ data }) => {
    check(READ_ONCE(data) === 1, `${READ_ONCE(data)} CPUs own the flag`)
  },
  expect: 'assertion',
})

const lostWakeup = defineModel({
  name: 'lost-wakeup',
  summary: 'a waiter sleeps on a constant word, so a signal between its test and its sleep is lost',
  setup: word,
  cpus: [
    function waiter({ flag, data }) {
      while (READ_ONCE(flag) === 0) futex_wait(data, 0)
    },
    function signaller({ flag, data }) {
      WRITE_ONCE(flag, 1)
      futex_wake(data, 1)
    },
  ],
  expect: 'deadlock',
})

const spinForever = defineModel({
  name: 'spin-forever',
  summary: 'both CPUs wait for the other to go first',
  setup: word,
  cpus: [
    function cpu0({ flag, data }) {
      while (READ_ONCE(data) === 0) cpu_relax()
      WRITE_ONCE(flag, 1)
    },
    function cpu1({ flag, data }) {
      while (READ_ONCE(flag) === 0) cpu_relax()
      WRITE_ONCE(data, 1)
    },
  ],
  expect: 'deadlock',
})

const doubleFree = defineModel({
  name: 'double-free',
  summary: 'two CPUs both see themselves as the last user',
  setup: word,
  cpus: [0, 1].map(() => ({ flag, data }: { flag: number; data: number }) => {
    if (READ_ONCE(flag) !== 0) return
    WRITE_ONCE(flag, 1)
    trace_free(data, 1, 'data')
  }),
  races: false,
  expect: 'double free',
})

const leak = defineModel({
  name: 'leak',
  summary: 'an object that was allocated twice for one place is freed once',
  setup: word,
  cpus: [1, 2].map((cpu) => ({ flag, data }: { flag: number; data: number }) => {
    if (READ_ONCE(flag) !== 0) return
    trace_alloc(data + cpu, 1, 'data')
    const before = xchg(flag, data + cpu)
    if (before === 0) trace_free(data + cpu, 1, 'data')
  }),
  leaks: true,
  expect: 'leak',
})

/** Controls and their correct twins. */
export const controls: readonly Model[] = [
  counting('toy-mutex', "Drepper's mutex2, 2 CPUs × 2 rounds", times(2, TOY), 2),
  counting('toy-mutex-3', "Drepper's mutex2, 3 CPUs × 1 round", times(3, TOY), 1),
  counting('toy-spinlock', 'test-and-test-and-set, 2 CPUs', times(2, SPIN), 1),
  counting(
    'naive-mutex',
    'a futex mutex that counts its waiters too late: a wake-up gets lost',
    times(2, NAIVE),
    1,
    { expect: 'lost wake-up' },
  ),
  counting('no-lock', 'an increment without a lock is a data race', times(2, NONE), 1, {
    expect: 'data race',
  }),
  grace('toy-srcu', 'a grace period that drains both sides', toy_synchronize_srcu),
  grace(
    'srcu-one-drain',
    'a grace period that drains one side only',
    toy_synchronize_srcu_once,
    'use after free',
  ),
  abba,
  testThenSet,
  lostWakeup,
  spinForever,
  doubleFree,
  leak,
]
