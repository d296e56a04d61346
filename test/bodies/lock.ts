/** Bodies of the lock contract suite. Words: see LockWords. */
import { fetch_add, read, write } from '#access'
import { send_signal } from '../../src/sync/park.ts'
import { members, type LockMember } from './lock_members.ts'
import { await_blocked, await_stage, nap, reach } from './sync_stage.ts'

export interface LockArg {
  readonly member: string
  readonly lock: number
  /** A word that the lock guards. */
  readonly counter: number
  /** A word that the bodies use to meet. */
  readonly stage: number
  readonly rounds: number
}

function memberOf(arg: LockArg): LockMember {
  return members[arg.member] as LockMember
}

/** Adds to a plain word under the lock. Returns how often trylock failed. */
export function count(_cpu: number, _cpus: number, arg: LockArg): void {
  const m = memberOf(arg)
  for (let i = 0; i < arg.rounds; i++) {
    m.lock(arg.lock)
    write(arg.counter, read(arg.counter) + 1)
    m.unlock(arg.lock)
  }
}

/** The same, with a nap between load and store: an intruder is sure to be noticed. */
export function countNapping(_cpu: number, _cpus: number, arg: LockArg): void {
  const m = memberOf(arg)
  for (let i = 0; i < arg.rounds; i++) {
    m.lock(arg.lock)
    const seen = read(arg.counter)
    nap()
    write(arg.counter, seen + 1)
    m.unlock(arg.lock)
  }
}

/** count through trylock, falling back to lock; so both kinds of entry exclude each other. */
export function countTry(_cpu: number, _cpus: number, arg: LockArg): number {
  const m = memberOf(arg)
  let refused = 0
  for (let i = 0; i < arg.rounds; i++) {
    if (!m.tryLock(arg.lock)) {
      refused++
      m.lock(arg.lock)
    }
    write(arg.counter, read(arg.counter) + 1)
    m.unlock(arg.lock)
  }
  return refused
}

/** CPU 0 holds the lock until CPU 1 has tried it once. */
export function holdDuringTry(cpu: number, _cpus: number, arg: LockArg): boolean {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.lock(arg.lock)
    reach(arg.stage, 1)
    await_stage(arg.stage, 2)
    m.unlock(arg.lock)
    reach(arg.stage, 3)
    return true
  }
  await_stage(arg.stage, 1)
  const whileHeld = m.tryLock(arg.lock)
  reach(arg.stage, 2)
  await_stage(arg.stage, 3)
  const whenFree = m.tryLock(arg.lock)
  if (whenFree) m.unlock(arg.lock)
  return !whileHeld && whenFree
}

/** CPU 0 holds the lock until all others sleep on it; then each must get it. */
export function sleepThenWake(cpu: number, cpus: number, arg: LockArg): number {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.lock(arg.lock)
    reach(arg.stage, 1)
    for (let other = 1; other < cpus; other++) await_blocked(other)
    m.unlock(arg.lock)
    return 0
  }
  await_stage(arg.stage, 1)
  m.lock(arg.lock)
  fetch_add(arg.counter, 1)
  m.unlock(arg.lock)
  return 1
}

/** CPU 0 holds the lock while CPU 1 waits for it in vain, by time; then it is free again for CPU 1. */
export function timeOut(cpu: number, _cpus: number, arg: LockArg): number {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.lock(arg.lock)
    reach(arg.stage, 1)
    await_stage(arg.stage, 2)
    m.unlock(arg.lock)
    return 0
  }
  await_stage(arg.stage, 1)
  const error = m.lockFor?.(arg.lock, 2_000_000) ?? 0
  reach(arg.stage, 2)
  if (m.lockFor?.(arg.lock, 5e9) !== 0) return 1
  m.unlock(arg.lock)
  return error
}

/** CPU 0 holds the lock while CPU 1 sleeps on it interruptibly, and sends a signal to it. */
export function interrupt(cpu: number, _cpus: number, arg: LockArg): number {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.lock(arg.lock)
    reach(arg.stage, 1)
    await_blocked(1)
    send_signal(1)
    await_stage(arg.stage, 2)
    m.unlock(arg.lock)
    return 0
  }
  await_stage(arg.stage, 1)
  const error = m.lockInterruptible?.(arg.lock) ?? 0
  reach(arg.stage, 2)
  return error
}

/** Some waiters give up by time while others wait for good: nobody's wake-up may get lost with them. */
export function giveUpStorm(cpu: number, _cpus: number, arg: LockArg): number {
  const m = memberOf(arg)
  let got = 0
  for (let i = 0; i < arg.rounds; i++) {
    if ((cpu & 1) === 0 || m.lockFor === undefined) m.lock(arg.lock)
    else if (m.lockFor(arg.lock, 20_000 + (i & 7) * 10_000) !== 0) continue
    got++
    write(arg.counter, read(arg.counter) + 1)
    if ((i & 63) === 0) nap()
    m.unlock(arg.lock)
  }
  return got
}
