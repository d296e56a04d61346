import { describe, expect, test } from 'vitest'
import { explore, exploreAsync } from '#lockstorm/explore/helper/index'
import { ASYNC_PAIRS } from './async_pairs.ts'
import { SYNC_PAIRS } from './sync_pairs.ts'

const MS = 60_000

describe('synchronous bodies', () => {
  test.for(SYNC_PAIRS)('$name', { timeout: MS }, ({ wrong, right }) => {
    expect(explore(wrong).verdict).toBe('fails')
    expect(explore(right, { ms: MS })).toMatchObject({ verdict: 'holds' })
  })
})

describe('async bodies', () => {
  test.for(ASYNC_PAIRS)('$name', { timeout: MS }, async ({ wrong, right }) => {
    expect((await exploreAsync(wrong)).verdict).toBe('fails')
    expect(await exploreAsync(right, { ms: MS })).toMatchObject({ verdict: 'holds' })
  })
})

test('there are fifty of them', () => {
  expect(SYNC_PAIRS.length + ASYNC_PAIRS.length).toBeGreaterThanOrEqual(50)
})
