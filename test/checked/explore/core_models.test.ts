import { beforeEach, expect, test } from 'vitest'
import { coreModels } from '#lockstorm/explore/models/core/index'
import { breathe, dpor, found, strayReplays, upToBound } from './verdicts.js'

beforeEach(breathe)

const broken = coreModels.filter((model) => model.expect !== undefined)
const sound = coreModels.filter((model) => model.expect === undefined)

const MOST = 20_000

test.for(sound)('$name: no interleaving fails', (model) => {
  const verdict = model.bound === undefined ? dpor(model, MOST) : upToBound(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toMatchObject({ exhausted: true })
})

test.for(broken)('$name: $expect is found, and replays', (model) => {
  const failure = found(model)
  expect(failure?.kind).toBe(model.expect)
  expect(strayReplays(model, failure, 3)).toEqual([])
})
