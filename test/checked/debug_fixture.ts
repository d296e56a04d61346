/** A machine of one thread with lockdep on, and one lock of each kind. */
import { expect } from 'vitest'
import type { Addr } from '#lockstorm/base/addr'
import { findings, Lockdep, lockdep_init, type Finding, type LockdepOptions } from '#lockstorm/debug/index'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'

export interface Locks {
  readonly lock_a: Addr<'mutex'>
  readonly lock_b: Addr<'mutex'>
  readonly lock_c: Addr<'mutex'>
  readonly sem_s: Addr<'rw_semaphore'>
  readonly sem_t: Addr<'rw_semaphore'>
  readonly spin_x: Addr<'spinlock'>
  readonly srcu_p: Addr<'srcu_struct'>
}

let installed: Lockdep | undefined

export function newMutex(name: string): Addr<'mutex'> {
  const lock = alloc_boot(sync.mutex.words) as Addr<'mutex'>
  sync.mutex_init(lock, name)
  return lock
}

function newRwsem(name: string): Addr<'rw_semaphore'> {
  const sem = alloc_boot(sync.rw_semaphore.words) as Addr<'rw_semaphore'>
  sync.init_rwsem(sem, name)
  return sem
}

/** A new machine; lockdep watches this thread until `shutdown`. */
export function boot(options: LockdepOptions = {}): Locks {
  shutdown()
  createArena(1 << 23, 4)
  expect(lockdep_init(options)).toBe(true)
  installed = new Lockdep()
  installObserver(installed)
  const spin_x = alloc_boot(sync.spinlock.words) as Addr<'spinlock'>
  sync.spin_lock_init(spin_x, 'spin_x')
  const srcu_p = alloc_boot(sync.srcu_struct.words) as Addr<'srcu_struct'>
  sync.init_srcu_struct(srcu_p, 'srcu_p')
  return {
    lock_a: newMutex('lock_a'),
    lock_b: newMutex('lock_b'),
    lock_c: newMutex('lock_c'),
    sem_s: newRwsem('sem_s'),
    sem_t: newRwsem('sem_t'),
    spin_x,
    srcu_p,
  }
}

export function shutdown(): void {
  if (installed !== undefined) removeObserver(installed)
  installed = undefined
}

/** Takes the mutexes in order and gives them back in the opposite one. */
export function nest(...locks: Addr<'mutex'>[]): void {
  for (const lock of locks) sync.mutex_lock(lock)
  for (const lock of locks.toReversed()) sync.mutex_unlock(lock)
}

/** The one report there is. */
export function only(): Finding {
  const all = findings()
  expect(all).toHaveLength(1)
  return all[0] as Finding
}

/** Titles of all reports. */
export function titles(): string[] {
  return findings().map(({ title }) => title)
}

/** A report with its addresses blanked, and without the functions of its stacks. */
export function shape(text: string): string {
  return text
    .replaceAll(/^ {7}(?! |CPU0|----).*\n/gm, '')
    .replaceAll(/(<TASK>\n)(?: .*\n)*?( <\/TASK>)/g, '$1$2')
    .replaceAll(/\b[0-9a-f]{16}\b/g, 'ADDR')
    .replaceAll(/ at [\w./]+:\d+/g, ' at FILE:LINE')
}
