import { beforeEach, expect, test } from 'vitest'
import { BUSTED, SEAMS } from '#lockstorm/mdev/index'
import { mdevModels } from '#lockstorm/models/mdev/index'
import { breathe, byLength, dpor, found, sorted, strayReplays, upToBound } from './verdicts.js'

beforeEach(breathe)

const { small, large, broken } = sorted(mdevModels)

// `npm run check:long` exhausts what is cut short here.
const MOST = 4_000

test.for(byLength(small).short)('$name: no interleaving fails', (model) => {
  expect(dpor(model, MOST)).toMatchObject({ verdict: 'holds', coverage: [{ exhausted: true }] })
})

test.for(byLength(small).long)('$name: none of the first 4,000 executions fails', (model) => {
  expect(dpor(model, MOST)).toMatchObject({ verdict: 'passed', coverage: [{ executions: MOST }] })
})

test.for(large)('$name: no schedule with $bound preemption fails', (model) => {
  expect(upToBound(model, 5_000)).toMatchObject({ verdict: 'passed', coverage: [{ exhausted: true }] })
})

test.for(broken)('$name: $expect is found, and replays', (model) => {
  const failure = found(model)
  expect(failure?.kind).toBe(model.expect)
  expect(strayReplays(model, failure, 3)).toEqual([])
})

test('create ‖ unregister is exhausted wherever there is a gate', () => {
  const names = small.filter(({ name }) => name.startsWith('create-unregister:')).map(({ name }) => name)
  const gated = [...SEAMS, ...BUSTED].filter(({ gate }) => gate.drains).map(({ name }) => name)
  expect(names.map((name) => name.split(':')[1])).toEqual(gated)
})
