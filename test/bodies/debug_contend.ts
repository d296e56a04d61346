/** One CPU holds a mutex until the others sleep on it. */
import { fetch_add, futex_wait, READ_ONCE } from '#access'
import type { Addr } from '../../src/base/addr.ts'
import { LockStat, Lockdep } from '../../src/debug/index.ts'
import { task_of, task_struct } from '../../src/mem/task.ts'
import { mutex_init, mutex_lock, mutex_unlock } from '../../src/sync/index.ts'
import { installObserver } from '../../src/trace/observers.ts'

/** A look every millisecond: others need the core. */
const NAP_NS = 1_000_000

export interface ContendArg {
  readonly lock: Addr<'mutex'>
  readonly arrived: number
  readonly detectors: readonly ('lock_stat' | 'lockdep')[]
}

function install(detectors: ContendArg['detectors']): void {
  if (detectors.includes('lock_stat')) installObserver(new LockStat())
  if (detectors.includes('lockdep')) installObserver(new Lockdep())
}

export function init(_cpu: number, _cpus: number, arg: ContendArg): void {
  install(arg.detectors)
  mutex_init(arg.lock, 'mdev_list_lock')
}

function mdev_device_create(arg: ContendArg, cpus: number): void {
  mutex_lock(arg.lock)
  fetch_add(arg.arrived, 1)
  for (let cpu = 1; cpu < cpus; cpu++) {
    const word = task_of(cpu) + task_struct.offset.blocked_on
    while (READ_ONCE(word) === 0) futex_wait(word, 0, NAP_NS)
  }
  mutex_unlock(arg.lock)
}

function mdev_device_remove(arg: ContendArg): void {
  while (READ_ONCE(arg.arrived) === 0) futex_wait(arg.arrived, 0, NAP_NS)
  mutex_lock(arg.lock)
  mutex_unlock(arg.lock)
}

export function contend(cpu: number, cpus: number, arg: ContendArg): void {
  install(arg.detectors)
  if (cpu === 0) mdev_device_create(arg, cpus)
  else mdev_device_remove(arg)
}
