import { beforeEach, expect, test } from 'vitest'
import { kernfsTrees } from '#lockstorm/models/kernfs'
import { breathe, exhaust } from './verdicts.js'

beforeEach(breathe)

// A bounded search begins with smaller bounds.
const MOST = 40_000

test.for(kernfsTrees)('$name: no interleaving fails', (model) => {
  const verdict = exhaust(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toMatchObject({ exhausted: true })
})
