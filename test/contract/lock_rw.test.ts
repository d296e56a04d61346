import { describe, expect, test } from 'vitest'
import { realRwMembers, runRw, rwContract, timedRwContract, timedRwMembers } from './lock_rw.contract.ts'

describe.each(realRwMembers)('%s', (member) => {
  rwContract(member)
})

describe.each(timedRwMembers)('%s, timed', (member) => {
  timedRwContract(member)
})

describe('the contract itself', () => {
  test('sees a reader that gets in beside a writer', async () => {
    const torn = await runRw<number>('beside', 4, 'compare', 2_000)
    expect(Math.max(...torn)).toBeGreaterThan(0)
  })

  test('sees readers that exclude each other', async () => {
    await expect(runRw('oneReader', 3, 'meetInside', 0, 2_000)).rejects.toThrow('still running')
  })

  test('sees a wake-up for one reader where all were let in', async () => {
    await expect(runRw('forgetful', 5, 'grantTogether', 0, 2_000)).rejects.toThrow('still running')
  })

  test('sees that a writer starves behind readers that never all leave', async () => {
    await expect(runRw('readersFirst', 4, 'starveWriter', 20, 3_000, true)).rejects.toThrow('still running')
  })
})
