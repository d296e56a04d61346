import { beforeEach, expect, test } from 'vitest'
import { chardevModels } from '#lockstorm/models/registry'
import { breathe, exhaust, found, sorted } from './verdicts.js'

beforeEach(breathe)

const { small, large, broken } = sorted(chardevModels)
const MOST = 20_000

test.for([...small, ...large])('$name: no interleaving fails', (model) => {
  const verdict = exhaust(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toMatchObject({ exhausted: true })
})

test.for(broken)('$name: $expect is found', (model) => {
  expect(found(model)?.kind).toBe(model.expect)
})
