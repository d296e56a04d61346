import { describe, expect, test } from 'vitest'
import { explore, replay } from '#lockstorm/explore/explore'
import { models } from '#lockstorm/explore/models/index'

const sound = models.filter(({ expect: kind }) => kind === undefined)
const broken = models.filter(({ expect: kind }) => kind !== undefined)

// The large ones are exhausted by test/stress/explore_models.test.ts.
test.for(sound)('$name: no interleaving fails', (model) => {
  const verdict = explore(model, { search: 'dpor', executions: 5_000, ms: 20_000 })
  expect(verdict.failure?.ladder.join('\n')).toBeUndefined()
  expect(verdict.coverage[0]).toSatisfy(({ exhausted, executions }) => exhausted || executions === 5_000)
})

describe.for(broken)('$name ($expect)', (model) => {
  test('DPOR finds it within 100 executions', () => {
    const { failure } = explore(model, { search: 'dpor', executions: 100 })
    expect(failure?.kind).toBe(model.expect)
  })

  test('partial order sampling finds it within 10,000', () => {
    const { failure } = explore(model, { search: 'pos', executions: 10_000 })
    expect(failure?.kind).toBe(model.expect)
  })

  test('its schedule replays identically, twenty times', () => {
    const { failure } = explore(model, { search: 'dpor' })
    for (let i = 0; i < 20; i++) {
      const run = replay(model, failure?.replay ?? '')
      expect(run).toMatchObject({ outcome: model.expect, sameCode: true, replay: failure?.replay })
      expect(run.ladder).toEqual(failure?.ladder)
    }
  })
})
