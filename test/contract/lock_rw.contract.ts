import { expect, test } from 'vitest'
import { ETIME } from '#lockstorm/base/errno'
import { runBodies } from '#lockstorm/machine/bodies'
import { read } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'

type Members = typeof import('../bodies/lock_rw_members.ts')
type RwMember = Members['rwMembers'][string]

const module = bodyModule('lock_rw')
const bodies = (await import(String(bodyModule('lock_rw_members')))) as Members
const { rwMembers } = bodies
export const { realRwMembers } = bodies
/** Members whose queued writers stop new readers, and that have a timed read lock to show it. */
export const timedRwMembers = realRwMembers.filter((name) => rwMembers[name]?.shared.lockFor !== undefined)

/** Runs a body on that many workers over a fresh lock. Returns what each of them returned, and the lock word. */
export async function runRw<T>(
  member: string,
  cpus: number,
  body: string,
  rounds: number = 0,
  timeoutMs: number = 60_000,
  patient: boolean = false,
): Promise<T[]> {
  const sab = createArena(1 << 18, 9)
  const m = rwMembers[member] as RwMember
  const lock = alloc_boot(m.words)
  m.init(lock, 'contract')
  const arg = {
    member,
    lock,
    pair: alloc_boot(2),
    stage: alloc_boot(1),
    inside: alloc_boot(1),
    rounds,
    patient,
  }
  const results = await runBodies<T>({ sab, cpus, module, body, arg, timeoutMs })
  expect(m.tryLock(lock)).toBe(true)
  m.unlock(lock)
  expect(read(lock)).toBe(0)
  expect(m.notAtRest(lock)).toBe('')
  return results
}

/** What every reader-writer lock must do. */
export function rwContract(member: string): void {
  test.each([2, 4, 8])('%i workers never see half of a writer’s change', async (cpus) => {
    expect(await runRw(member, cpus, 'compare', 3_000)).toEqual(Array(cpus).fill(0))
  })

  test('readers are inside together', async () => {
    expect(await runRw(member, 4, 'meetInside')).toEqual([true, true, true, true])
  })

  test('readers that queued behind a writer come in together', async () => {
    expect(await runRw(member, 5, 'grantTogether')).toEqual([true, true, true, true, true])
  })

  test('readers whose sections overlap without end do not starve a writer', async () => {
    expect((await runRw(member, 3, 'starveWriter', 20))[0]).toBe(20)
  })

  test('writers that follow each other without end do not starve a reader', async () => {
    expect((await runRw(member, 4, 'starveReader', 20))[0]).toBe(20)
  })
}

/** What a lock with timed readers must do besides. */
export function timedRwContract(member: string): void {
  test('a queued writer refuses trylock and a timed reader, and all get in afterwards', async () => {
    expect(await runRw(member, 3, 'queuedWriter')).toEqual([true, true, -ETIME])
  })
}
