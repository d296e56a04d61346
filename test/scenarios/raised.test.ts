/**
 * What was raised in the mails and not taken: each race under it, as its seams say. It is no column of the matrix.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { RAISED } from '#lockstorm/mdev/index'
import { Crew, expectedOf, runForced, SCENARIOS, strategiesOf } from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

/** Races that are there under every strategy. */
const EVERYWHERE = SCENARIOS.filter((race) => race.axis === undefined && race.only === undefined)

describe.each(RAISED.map(({ name }) => name))('%s', (strategy) => {
  test.each(EVERYWHERE.map((race) => [race.name, race] as const))(
    '%s comes out as expected',
    { timeout: 60_000 },
    async (_name, race) => {
      expect((await runForced(crew, race, strategy)).cell).toEqual(expectedOf(race, strategy))
    },
  )
})

test('a file that create makes ends problem 1, and no other of those that its order brings', () => {
  const happens = (strategy: string): string[] =>
    EVERYWHERE.filter((race) => expectedOf(race, strategy)?.outcome !== 'does not').map(({ name }) => name)
  const [before, after] = [happens('placeholder'), happens('file-last')]
  expect(before.filter((name) => !after.includes(name))).toEqual(['problem-1'])
  expect(after.filter((name) => !before.includes(name))).toEqual([])
})

test('none of them is a column', () => {
  const columns = new Set(SCENARIOS.flatMap(strategiesOf))
  expect(RAISED.filter(({ name }) => columns.has(name))).toEqual([])
})
