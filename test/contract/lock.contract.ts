import { beforeEach, expect, test } from 'vitest'
import { EINTR, ETIME } from '#lockstorm/base/errno'
import { runBodies } from '#lockstorm/machine/bodies'
import { read } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'

type Members = typeof import('../bodies/lock_members.ts')
type LockMember = Members['members'][string]

const module = bodyModule('lock')
const bodies = (await import(String(bodyModule('lock_members')))) as Members
const { members } = bodies
export const { realMembers, foreignMembers } = bodies
/** Members with a timed and with an interruptible variant. */
export const timedMembers = realMembers.filter((name) => members[name]?.lockFor !== undefined)
export const interruptibleMembers = realMembers.filter(
  (name) => members[name]?.lockInterruptible !== undefined,
)

export interface Setup {
  sab: SharedArrayBuffer
  arg: { member: string; lock: number; counter: number; stage: number; rounds: number }
}

/** A fresh arena with one lock of the member. */
export function setup(member: string, rounds: number = 0): Setup {
  const sab = createArena(1 << 16, 9)
  const m = members[member] as LockMember
  const lock = alloc_boot(m.words)
  m.init(lock, 'contract')
  return { sab, arg: { member, lock, counter: alloc_boot(1), stage: alloc_boot(1), rounds } }
}

/** Updates lost under that many workers. */
export async function lostUpdates(
  member: string,
  cpus: number,
  body: string,
  rounds: number,
): Promise<number> {
  const { sab, arg } = setup(member, rounds)
  await runBodies({ sab, cpus, module, body, arg })
  expect(members[member]?.notAtRest?.(arg.lock) ?? '').toBe('')
  return cpus * rounds - read(arg.counter)
}

/** Runs a body on that many workers and returns what each of them returned; the lock is at rest then. */
export async function results<T>(
  member: string,
  cpus: number,
  body: string,
  timeoutMs?: number,
): Promise<T[]> {
  const { sab, arg } = setup(member, 400)
  const said = await runBodies<T>({
    sab,
    cpus,
    module,
    body,
    arg,
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  expect(members[member]?.notAtRest?.(arg.lock) ?? '').toBe('')
  return said
}

/** Titles of tests that are known to fail, and must. */
export type Defects = ReadonlySet<string>
const NONE: Defects = new Set()
/** `test`, or for a known defect the opposite. */
const it = (title: string, defects: Defects): typeof test.fails => (defects.has(title) ? test.fails : test)

/** What every exclusive lock must do. */
export function lockContract(member: string, defects: Defects = NONE): void {
  const m = members[member] as LockMember
  const rounds = m.fifo === true || m.slow === true ? 300 : 20_000
  let world: Setup
  beforeEach(() => {
    world = setup(member)
  })

  const held = 'a lock that is held refuses trylock, a free one does not'
  it(held, defects)(held, () => {
    expect(m.tryLock(world.arg.lock)).toBe(true)
    expect(m.tryLock(world.arg.lock)).toBe(false)
    m.unlock(world.arg.lock)
    expect(m.tryLock(world.arg.lock)).toBe(true)
  })

  test.each([2, 4, 8])('%i workers lose no update of a plain word', async (cpus) => {
    expect(await lostUpdates(member, cpus, 'count', rounds)).toBe(0)
  })

  test('trylock and lock exclude each other', async () => {
    expect(await lostUpdates(member, 4, 'countTry', rounds)).toBe(0)
  })

  test('trylock on another worker fails while the lock is held, and works once it is free', async () => {
    expect(await results(member, 2, 'holdDuringTry')).toEqual([true, true])
  })

  test('waiters sleep, and an unlock gets every one of them through', async () => {
    expect(await results(member, 8, 'sleepThenWake')).toEqual([0, 1, 1, 1, 1, 1, 1, 1])
  })
}

/** What a lock with a timed variant must do. */
export function timedContract(member: string): void {
  test('a timed wait ends with -ETIME and leaves the lock usable', async () => {
    expect(await results(member, 2, 'timeOut')).toEqual([0, -ETIME])
  })

  test('waiters that give up take nobody else’s wake-up with them', async () => {
    const { sab, arg } = setup(member, 400)
    const got = await runBodies<number>({ sab, cpus: 8, module, body: 'giveUpStorm', arg })
    expect(read(arg.counter)).toBe(got.reduce((sum, n) => sum + n, 0))
    expect(members[member]?.notAtRest?.(arg.lock) ?? '').toBe('')
  })
}

/** What a lock with an interruptible variant must do. */
export function interruptibleContract(member: string): void {
  test('a signal ends an interruptible wait with -EINTR', async () => {
    expect(await results(member, 2, 'interrupt')).toEqual([0, -EINTR])
  })
}
