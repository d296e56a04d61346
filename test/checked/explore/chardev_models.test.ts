import { beforeEach, expect, test } from 'vitest'
import { chardevs } from '#lockstorm/explore/models/chardevs'
import { fenceMembers } from '#lockstorm/explore/models/fence_members'
import { interrupts } from '#lockstorm/explore/models/interrupts'
import { cards, manageds } from '#lockstorm/explore/models/managed'
import { plugged } from '#lockstorm/explore/models/plugged'
import { works } from '#lockstorm/explore/models/work'
import { breathe, dpor, found, sorted, upToBound } from './verdicts.js'

beforeEach(breathe)

const { small, large, broken } = sorted([
  ...works,
  ...interrupts,
  ...chardevs,
  ...manageds,
  ...cards,
  ...fenceMembers,
  ...plugged,
])
const MOST = 20_000

test.for([...small, ...large])('$name: no interleaving fails', (model) => {
  const verdict = model.bound === undefined ? dpor(model, MOST) : upToBound(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toMatchObject({ exhausted: true })
})

test.for(broken)('$name: $expect is found', (model) => {
  expect(found(model)?.kind).toBe(model.expect)
})
