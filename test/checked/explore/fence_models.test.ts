import { beforeEach, expect, test } from 'vitest'
import { fences } from '#lockstorm/models/fences'
import { switchtecs } from '#lockstorm/models/switchtec'
import { vfioUsers } from '#lockstorm/models/vfio_user'
import { vfioNotifiers } from '#lockstorm/models/vfio_notifier'
import { breathe, dpor, found, sorted, strayReplays, upToBound } from './verdicts.js'

beforeEach(breathe)

const { small, large, broken } = sorted([...vfioNotifiers, ...vfioUsers, ...fences, ...switchtecs])

const MOST = 6_000

test.for(small)('$name: no interleaving fails', (model) => {
  const verdict = dpor(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toSatisfy(
    (c) => c.exhausted || (model.cpus.length > 2 && c.executions === MOST),
  )
})

test.for(large)('$name: no schedule with $bound preemption fails', (model) => {
  // `npm run check:long` exhausts what is cut short here.
  const verdict = upToBound(model, MOST)
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toSatisfy((c) => c.exhausted || c.executions === MOST)
})

test.for(broken)('$name: $expect is found, and replays', (model) => {
  const failure = found(model)
  expect(failure?.kind).toBe(model.expect)
  expect(strayReplays(model, failure, 3)).toEqual([])
})
