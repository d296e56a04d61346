import { beforeEach, expect, test } from 'vitest'
import { coreModels } from '#lockstorm/models/core/index'
import { breathe, exhaust, found, sorted, strayReplays } from './verdicts.js'

beforeEach(breathe)

const { small, large, broken } = sorted(coreModels)

const MOST = 20_000

test.for([...small, ...large])('$name: no interleaving fails', (model) => {
  const verdict = exhaust(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toMatchObject({ exhausted: true })
})

test.for(broken)('$name: $expect is found, and replays', (model) => {
  const failure = found(model)
  expect(failure?.kind).toBe(model.expect)
  expect(strayReplays(model, failure, 3)).toEqual([])
})
