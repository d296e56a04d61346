import { describe, expect, test } from 'vitest'
import {
  interruptibleContract,
  interruptibleMembers,
  lockContract,
  lostUpdates,
  realMembers,
  results,
  timedContract,
  timedMembers,
} from './lock.contract.ts'

describe.each(realMembers)('%s', (member) => {
  lockContract(member)
})

describe.each(timedMembers)('%s, timed', (member) => {
  timedContract(member)
})

describe.each(interruptibleMembers)('%s, interruptible', (member) => {
  interruptibleContract(member)
})

describe('the contract itself', () => {
  test('sees that no lock at all loses updates', async () => {
    expect(await lostUpdates('nothing', 4, 'countNapping', 100)).toBeGreaterThan(0)
  })

  test('sees that a lock taken in two steps loses updates', async () => {
    expect(await lostUpdates('torn', 4, 'countNapping', 100)).toBeGreaterThan(0)
  })

  test('sees that a trylock that always succeeds does not exclude', async () => {
    expect(await results('nothing', 2, 'holdDuringTry')).toEqual([true, false])
  })

  test('sees an unlock that notifies nobody: its waiters sleep for ever', async () => {
    await expect(results('silent', 8, 'sleepThenWake', 2_000)).rejects.toThrow('still running')
  })

  test('sees a timed wait that does not end', async () => {
    await expect(results('deaf', 2, 'timeOut', 2_000)).rejects.toThrow('still running')
  })

  test('sees an interruptible wait that hears no signal', async () => {
    await expect(results('deaf', 2, 'interrupt', 2_000)).rejects.toThrow('still running')
  })
})
