import { describe, expect, test } from 'vitest'
import { exploreAsync } from '#lockstorm/explore/helper/index'
import { EXCLUSIVE } from './exclusive.ts'
import { MEETING } from './meeting.ts'

// Each class of lockstorm/sync in its asynchronous forms, explored; and beside each what uses it wrongly, which must be found.

const MS = 30_000
const BOUNDED_MS = 2_000

describe.for([...EXCLUSIVE, ...MEETING])('$name', ({ right, wrong, fails, bounded }) => {
  test(
    'holds: no interleaving fails, or none of those that are seen in a while',
    { timeout: 2 * MS },
    async () => {
      const { verdict, failure } = await exploreAsync(right, { ms: bounded ? BOUNDED_MS : MS })
      expect(failure?.ladder.join('\n')).toBeUndefined()
      expect(bounded ? ['holds', 'passed'] : ['holds']).toContain(verdict)
    },
  )

  test('wrongly used, it is found', { timeout: 2 * MS }, async () => {
    expect((await exploreAsync(wrong, { ms: MS })).failure?.kind).toMatch(fails)
  })
})
