/** Bodies of the reader-writer contract suite. */
import { fetch_add, read, READ_ONCE, write } from '#access'
import { rwMembers, type RwMember } from './lock_rw_members.ts'
import { arrive, await_blocked, await_stage, nap, reach } from './sync_stage.ts'

export interface RwArg {
  readonly member: string
  readonly lock: number
  /** Two words that a writer changes together. */
  readonly pair: number
  readonly stage: number
  readonly inside: number
  readonly rounds: number
  /** Readers wait for each other without end: only for a lock that lets them in. */
  readonly patient: boolean
}

function memberOf(arg: RwArg): RwMember {
  return rwMembers[arg.member] as RwMember
}

/** Every third round writes both words, the others compare them. Returns the number of torn pairs seen. */
export function compare(cpu: number, _cpus: number, arg: RwArg): number {
  const m = memberOf(arg)
  let torn = 0
  for (let i = 0; i < arg.rounds; i++) {
    if ((i + cpu) % 3 === 0) {
      m.lock(arg.lock)
      write(arg.pair, read(arg.pair) + 1)
      if ((i & 31) === 0) nap()
      write(arg.pair + 1, read(arg.pair + 1) + 1)
      m.unlock(arg.lock)
    } else {
      m.shared.lock(arg.lock)
      if (read(arg.pair) !== read(arg.pair + 1)) torn++
      m.shared.unlock(arg.lock)
    }
  }
  return torn
}

/** All readers stay inside until all have come in. */
export function meetInside(_cpu: number, cpus: number, arg: RwArg): boolean {
  const m = memberOf(arg)
  m.shared.lock(arg.lock)
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  m.shared.unlock(arg.lock)
  return true
}

/** CPU 0 writes until CPUs 1 … queue to read; then they must all come in together. */
export function grantTogether(cpu: number, cpus: number, arg: RwArg): boolean {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.lock(arg.lock)
    reach(arg.stage, 1)
    for (let other = 1; other < cpus; other++) await_blocked(other)
    m.unlock(arg.lock)
    return true
  }
  await_stage(arg.stage, 1)
  m.shared.lock(arg.lock)
  arrive(arg.inside)
  await_stage(arg.inside, cpus - 1)
  m.shared.unlock(arg.lock)
  return true
}

/** Readers whose sections overlap all the time, until the writer (CPU 0) has had its rounds. */
export function starveWriter(cpu: number, cpus: number, arg: RwArg): number {
  const m = memberOf(arg)
  if (cpu === 0) {
    await_stage(arg.stage, cpus - 1)
    for (let i = 0; i < arg.rounds; i++) {
      m.lock(arg.lock)
      m.unlock(arg.lock)
    }
    reach(arg.stage, 1000)
    return arg.rounds
  }
  let reads = 0
  const patience = arg.patient ? Infinity : 20
  arrive(arg.stage)
  while (READ_ONCE(arg.stage) < 1000) {
    m.shared.lock(arg.lock)
    const mine = fetch_add(arg.inside, 1)
    // Stay until somebody has come in after us, as far as the lock lets them: so it is never empty.
    for (let polls = 0; polls < patience && READ_ONCE(arg.inside) === mine + 1; polls++) nap()
    m.shared.unlock(arg.lock)
    reads++
  }
  return reads
}

/** Writers that keep the lock busy until the reader (CPU 0) has had its rounds. */
export function starveReader(cpu: number, cpus: number, arg: RwArg): number {
  const m = memberOf(arg)
  if (cpu === 0) {
    await_stage(arg.stage, cpus - 1)
    for (let i = 0; i < arg.rounds; i++) {
      m.shared.lock(arg.lock)
      m.shared.unlock(arg.lock)
    }
    reach(arg.stage, 1000)
    return arg.rounds
  }
  arrive(arg.stage)
  let writes = 0
  while (READ_ONCE(arg.stage) < 1000) {
    m.lock(arg.lock)
    m.unlock(arg.lock)
    writes++
  }
  return writes
}

/** CPU 0 reads, CPU 1 queues to write, CPU 2 finds the door closed to readers. */
export function queuedWriter(cpu: number, _cpus: number, arg: RwArg): boolean | number {
  const m = memberOf(arg)
  if (cpu === 0) {
    m.shared.lock(arg.lock)
    reach(arg.stage, 1)
    await_stage(arg.stage, 2)
    m.shared.unlock(arg.lock)
    return true
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) {
    m.lock(arg.lock)
    m.unlock(arg.lock)
    return true
  }
  await_blocked(1)
  for (let polls = 0; polls < 100; polls++) {
    // The writer says that it blocks just before it queues.
    if (!m.shared.tryLock(arg.lock)) break
    m.shared.unlock(arg.lock)
    nap()
  }
  const refused = !m.shared.tryLock(arg.lock)
  const error = m.shared.lockFor?.(arg.lock, 2_000_000) ?? 0
  reach(arg.stage, 2)
  m.shared.lock(arg.lock)
  m.shared.unlock(arg.lock)
  return refused && error
}
