/**
 * Models of robust locks: one CPU ends inside, or on its way in or out, and the others get in all the same, told of what was left
 * half done. A CPU ends by returning; before that it says so in a word, as an engine that takes its waits away would.
 */
import { cpu_relax, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_lock_release } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { EOWNERDEAD, ENOTRECOVERABLE } from '../base/errno.ts'
import { check, type Model } from '../define/model.ts'
import { family } from './family.ts'
import { alloc_boot } from '../mem/arena.ts'
import { alloc_percpu } from '../mem/percpu.ts'
import { struct, word, words } from '../mem/layout.ts'
import {
  robust_down_read,
  robust_gate_close,
  robust_gate_lock,
  robust_gate_open,
  robust_gate_read,
  robust_gate_unlock,
  robust_mutex,
  robust_mutex_give_up,
  robust_mutex_init,
  robust_mutex_lock,
  robust_mutex_unlock,
  robust_read_trylock,
  robust_rwsem,
  robust_rwsem_init,
  robust_up_read,
} from '../sync/index.ts'
import { owner_cpu } from '../sync/owner_word.ts'

const CPUS = 3
const robust = struct('explored_robust', {
  /** Words, and not the structs, which would have to be at rest in the end: some end inside. */
  lock: words(robust_mutex.words),
  sem: words(robust_rwsem.words),
  /** Two words that are equal whenever nobody writes; one that ends inside leaves them different. */
  left: word,
  right: word,
  /** By CPU: it has ended. */
  ended: words(CPUS),
  /** By CPU: it was told that an owner ended. */
  told: words(CPUS),
})
const { lock: LOCK, sem: SEM, left: LEFT, right: RIGHT, ended: ENDED, told: TOLD } = robust.offset

interface Robust extends Record<string, number> {
  readonly m: number
}
type Body = (s: Robust) => void

const lockOf = (m: number): Addr<'robust_mutex'> => as(m + LOCK)
const semOf = (m: number): Addr<'robust_rwsem'> => as(m + SEM)

function setup(scene: Parameters<Model['setup']>[0]): Robust {
  const m = scene.name(alloc_boot(robust.words), 'm', robust)
  robust_mutex_init(lockOf(m), 'lock')
  robust_rwsem_init(semOf(m), scene.name(alloc_percpu(CACHE_LINE_WORDS), 'slots'), CPUS, 'sem')
  return { m }
}

const endedOf =
  (m: number) =>
  (owner: number): boolean =>
    READ_ONCE(m + ENDED + owner_cpu(owner)) === 1

/** The last thing that a CPU does, which is inside of that lock. The books of locks are closed for it. */
function end(m: number, cpu: number, lock: number): void {
  WRITE_ONCE(m + ENDED + cpu, 1)
  trace_lock_release(lock, lock + robust_mutex.offset.dep_map)
}

function half(m: number): void {
  write(m + LEFT, read(m + LEFT) + 1)
}

function whole(m: number): void {
  check(read(m + LEFT) === read(m + RIGHT), 'inside beside what is half done')
  write(m + LEFT, read(m + LEFT) + 1)
  write(m + RIGHT, read(m + RIGHT) + 1)
}

/** What one does that has been told. */
function repair(m: number, cpu: number, got: number): void {
  if (got !== -EOWNERDEAD) return
  write(m + TOLD + cpu, 1)
  write(m + RIGHT, read(m + LEFT))
}

const dies =
  (cpu: number): Body =>
  ({ m }) => {
    const got = robust_mutex_lock(lockOf(m), endedOf(m))
    repair(m, cpu, got)
    half(m)
    end(m, cpu, lockOf(m))
  }

const user =
  (cpu: number): Body =>
  ({ m }) => {
    const lock = lockOf(m)
    repair(m, cpu, robust_mutex_lock(lock, endedOf(m)))
    whole(m)
    robust_mutex_unlock(lock)
  }

/** It has the lock for a while, and is asked about. */
const slow =
  (cpu: number): Body =>
  ({ m }) => {
    const lock = lockOf(m)
    repair(m, cpu, robust_mutex_lock(lock, endedOf(m)))
    half(m)
    cpu_relax()
    write(m + RIGHT, read(m + LEFT))
    robust_mutex_unlock(lock)
  }

/** Gives up what it cannot repair. */
const helpless =
  (cpu: number): Body =>
  ({ m }) => {
    const lock = lockOf(m)
    const got = robust_mutex_lock(lock, endedOf(m))
    if (got === -EOWNERDEAD) robust_mutex_give_up(lock)
    else if (got === 0) robust_mutex_unlock(lock)
    if (got !== 0) write(m + TOLD + cpu, got === -EOWNERDEAD ? 1 : 2)
    check(got === 0 || got === -EOWNERDEAD || got === -ENOTRECOVERABLE, `lock returned ${got}`)
  }

const reader =
  (cpu: number): Body =>
  ({ m }) => {
    const sem = semOf(m)
    const got = robust_down_read(sem, cpu, endedOf(m))
    if (got === -EOWNERDEAD) {
      writer(cpu)({ m })
      return
    }
    check(read(m + LEFT) === read(m + RIGHT), 'a reader beside a writer')
    robust_up_read(sem, cpu)
  }

function enter(m: number, cpu: number): void {
  const sem = semOf(m)
  const got = robust_gate_lock(sem, endedOf(m))
  repair(m, cpu, got)
  if (got === 0) robust_gate_close(sem, cpu, endedOf(m))
}

const writer =
  (cpu: number): Body =>
  ({ m }) => {
    enter(m, cpu)
    whole(m)
    robust_gate_open(semOf(m))
    robust_gate_unlock(semOf(m))
  }

const diesWriting =
  (cpu: number): Body =>
  ({ m }) => {
    enter(m, cpu)
    half(m)
    end(m, cpu, semOf(m))
  }

const diesReading =
  (cpu: number): Body =>
  ({ m }) => {
    const got = robust_down_read(semOf(m), cpu, endedOf(m))
    check(got === 0, `down_read returned ${got}`)
    end(m, cpu, semOf(m))
  }

/** It ends as the one that might have been upgraded. */
const diesAtGate =
  (cpu: number): Body =>
  ({ m }) => {
    check(robust_gate_lock(semOf(m), endedOf(m)) === 0, 'nobody wrote')
    robust_gate_read(semOf(m), cpu, 1)
    end(m, cpu, semOf(m))
  }

const upgrader =
  (cpu: number): Body =>
  ({ m }) => {
    const sem = semOf(m)
    if (robust_gate_lock(sem, endedOf(m)) !== 0) return
    robust_gate_read(sem, cpu, 1)
    const before = read(m + LEFT)
    robust_gate_close(sem, cpu, endedOf(m))
    check(read(m + LEFT) === before, 'somebody wrote between read and upgrade')
    whole(m)
    robust_gate_open(sem)
    robust_gate_unlock(sem)
  }

const trier =
  (cpu: number): Body =>
  ({ m }) => {
    const sem = semOf(m)
    if (!robust_read_trylock(sem, cpu)) return
    check(read(m + LEFT) === read(m + RIGHT), 'a reader beside a writer')
    robust_up_read(sem, cpu)
  }

/** Takes the lock away from whoever is slow. */
const impatient =
  (cpu: number): Body =>
  ({ m }) => {
    const lock = lockOf(m)
    repair(
      m,
      cpu,
      robust_mutex_lock(lock, () => true),
    )
    whole(m)
    robust_mutex_unlock(lock)
  }

/** At most one was told: only one ended, and only once. */
function toldOnce({ m }: Robust): void {
  const told = Array.from({ length: CPUS }, (_, cpu) => read(m + TOLD + cpu)).filter((one) => one === 1)
  check(told.length <= 1, `${told.length} were told of one end`)
}

const model = family<Robust>({ setup, finish: toldOnce })

export const robustLocks: readonly Model[] = [
  model('dying-mutex', 'one ends inside ‖ one takes the lock', [dies(0), user(1)]),
  model('dying-mutex-3', 'one ends inside ‖ two take the lock', [dies(0), user(1), user(2)], { bound: 2 }),
  model('dying-mutex-slow', 'one is slow inside ‖ one asks about it', [slow(0), user(1)], {
    earlyTimeouts: 2,
  }),
  model(
    'dying-mutex-give-up',
    'one ends inside ‖ two that cannot repair',
    [dies(0), helpless(1), helpless(2)],
    { bound: 2 },
  ),
  model(
    'dying-mutex-robbed',
    'one is slow inside ‖ one does not ask whether it has ended',
    [slow(0), impatient(1)],
    { expect: 'data race', earlyTimeouts: 2 },
  ),
  model('dying-rwsem', 'a reader ‖ a writer', [reader(0), writer(1)]),
  model('dying-rwsem-3', 'a reader ‖ a writer ‖ a reader that tries', [reader(0), writer(1), trier(2)], {
    bound: 2,
  }),
  model('dying-rwsem-writers', 'a reader ‖ two writers', [reader(0), writer(1), writer(2)], { bound: 2 }),
  model('dying-rwsem-reader-ends', 'one ends reading ‖ a writer', [diesReading(0), writer(1)]),
  model('dying-rwsem-writer-ends', 'one ends writing ‖ a writer', [diesWriting(0), writer(1)]),
  model(
    'dying-rwsem-writer-ends-3',
    'one ends writing ‖ a reader ‖ a writer',
    [diesWriting(0), reader(1), writer(2)],
    { bound: 1 },
  ),
  model('dying-rwsem-gate-ends', 'one ends before it is upgraded ‖ a writer', [diesAtGate(0), writer(1)]),
  model('dying-rwsem-upgrade', 'a reader ‖ one that is upgraded', [reader(0), upgrader(1)]),
]
