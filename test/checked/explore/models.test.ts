import { beforeEach, describe, expect, test } from 'vitest'
import { models, subsystems } from '#lockstorm/models/index'
import { breathe, byLength, dpor, exhaust, pos, sorted, strayReplays, upToBound } from './verdicts.js'

beforeEach(breathe)

// Models of whole subsystems have test files of their own. `npm run check:long` exhausts what is cut short here.
const { small, large, broken } = sorted(models.filter((model) => !subsystems.includes(model)))
const MOST = 5_000

test.for(byLength(small).short)('$name: no interleaving fails', (model) => {
  expect(dpor(model, MOST)).toMatchObject({ verdict: 'holds', coverage: [{ exhausted: true }] })
})

test.for(byLength(large).short)('$name: no schedule with $bound preemptions fails', (model) => {
  expect(upToBound(model, MOST)).toMatchObject({ verdict: 'passed', coverage: [{ exhausted: true }] })
})

test.for(byLength([...small, ...large]).long)('$name: none of the first 5,000 executions fails', (model) => {
  expect(exhaust(model, MOST)).toMatchObject({ verdict: 'passed', coverage: [{ executions: MOST }] })
})

describe.for(broken)('$name ($expect)', (model) => {
  test('DPOR finds it within 100 executions', () => {
    expect(dpor(model, 100).failure?.kind).toBe(model.expect)
  })

  test('partial order sampling finds it within 10,000', () => {
    expect(pos(model, 10_000).failure?.kind).toBe(model.expect)
  })

  test('its schedule replays identically, twenty times', () => {
    const { failure } = dpor(model, 100)
    expect(strayReplays(model, failure, 20)).toEqual([])
  })
})

test('every name is used once', () => {
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length)
})
