/**
 * The lock contract on the locks of the npm package atomics-sync, and what its other classes promise. Its known defects, as of 1.0.3,
 * are tests that must fail: the day that one does not, it is mended.
 */
import { describe, expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'
import { foreignMembers, lockContract, timedContract } from './lock.contract.ts'

/** Whoever holds it and tries it gets a DeadlockError, not a refusal. */
const THROWS = new Set(['a lock that is held refuses trylock, a free one does not'])
const DEFECTS: Readonly<Record<string, ReadonlySet<string>>> = {
  'atomics-sync Mutex': THROWS,
  'atomics-sync SpinLock': THROWS,
}

function run<T>(body: string, cpus: number): Promise<T[]> {
  const sab = createArena(1 << 16, 9)
  const arg = { lock: alloc_boot(2), counter: alloc_boot(1), stage: alloc_boot(1) }
  return runBodies<T>({ sab, cpus, module: bodyModule('atomics_sync'), body, arg, timeoutMs: 5_000 })
}

const installed = foreignMembers.length > 0

test.skipIf(!installed)(
  `atomics-sync is ${installed ? '' : 'not '}installed: ${installed ? 'three' : 'none'} of its classes are locks`,
  () => {
    expect(foreignMembers).toHaveLength(3)
  },
)

describe.each(foreignMembers)('%s', (member) => {
  lockContract(member, DEFECTS[member])
})

describe.each(foreignMembers.filter((member) => member !== 'atomics-sync SpinLock'))(
  '%s, timed',
  (member) => {
    timedContract(member)
  },
)

describe.skipIf(!installed)('known defects of atomics-sync', () => {
  test.fails('Semaphore: eight units given one after the other wake eight sleepers', async () => {
    expect(await run('manyPosts', 9)).toEqual(Array(9).fill(true))
  })

  test.fails('Once: nobody returns before the function has ended', async () => {
    expect(await run('onceInProgress', 2)).toEqual([true, true])
  })
})
