/** Bodies for the tests of condition and barrier. Each takes the addresses it works on. */
import { fetch_add, read, READ_ONCE, write } from '#access'
import { as, type Addr } from '../../src/base/addr.ts'
import * as sync from '../../src/sync/index.ts'
import { await_blocked, type SyncArg } from './sync_stage.ts'

/** All but CPU 0 wait for the flag; it sets the flag and tells all at once. Returns whether the flag was set after the wait. */
export function broadcast(cpu: number, cpus: number, arg: SyncArg): boolean {
  const lock = as<'mutex'>(arg.object)
  const c = as<'condition'>(arg.object + 16)
  if (cpu === 0) {
    for (let other = 1; other < cpus; other++) await_blocked(other)
    sync.mutex_lock(lock)
    write(arg.words, 1)
    sync.condition_broadcast(c)
    sync.mutex_unlock(lock)
    return true
  }
  sync.mutex_lock(lock)
  while (read(arg.words) === 0) sync.condition_wait(c, lock)
  const set = read(arg.words) === 1 && sync.mutex_owner_cpu(lock) === cpu
  sync.mutex_unlock(lock)
  return set
}

const meeting =
  (wait: (b: Addr<'barrier'>) => boolean) =>
  (_cpu: number, cpus: number, { object, words, rounds }: SyncArg): number => {
    let last = 0
    for (let i = 1; i <= rounds; i++) {
      fetch_add(words, 1)
      if (wait(as(object))) last++
      if (READ_ONCE(words) < i * cpus) return -1
      wait(as(object))
    }
    return last
  }

/** Round after round; returns how often it was the last, or -1 if somebody was a round ahead or behind. */
export const meet = meeting(sync.barrier_wait)
/** The same without waiting for anybody. */
export const apart = meeting(() => false)
