import { expect, test } from 'vitest'
import { mdevRaces } from '#lockstorm/explore/models/mdev/index'
import { dpor, found, strayReplays, upToBound } from './verdicts.js'

const broken = mdevRaces.filter((model) => model.expect !== undefined)
const sound = mdevRaces.filter((model) => model.expect === undefined)
const small = sound.filter(({ bound }) => bound === undefined)
const large = sound.filter(({ bound }) => bound !== undefined)

test.for(small)('$name: no interleaving fails', (model) => {
  expect(dpor(model, 2_000)).toMatchObject({ verdict: 'holds' })
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
  expect(names.map((name) => name.split(':')[1])).toEqual(['rwsem', 'refcount', 'srcu', 'modern', 'sharded'])
})
