/** What a worker takes for a unit, and what it does not. */
import { describe, expect, test } from 'vitest'
import { idOf, unitFrom } from '#lockstorm/campaign/unit'
import { understanding } from '#lockstorm/cli/campaign_command'
import type { Unit } from '#lockstorm/results/campaign'

const understand = understanding()
const HASH = 'a'.repeat(64)

/** A unit whose id is that of what it says. */
function unit(words: readonly string[], more: Partial<Unit> = {}): Unit {
  const rest = {
    version: '1',
    expect: 0,
    seconds: 1,
    exclusive: false,
    load: 0,
    entry: 'x',
    files: {},
    words,
    ...more,
  } as const
  return { id: idOf(rest), ...rest }
}

const storm = unit(['storm', '--rounds', '1'])

test('a unit of this version is one, again and again', async () => {
  for (let i = 0; i < 3; i++) {
    expect(await unitFrom(JSON.parse(JSON.stringify(storm)), '1', understand)).toEqual(storm)
    await expect(unitFrom(unit(['storm', '--rounds', 'x']), '1', understand)).rejects.toThrow('--rounds x')
  }
})

test('a replay string is no path, though it has a slash', async () => {
  const replay = unit(['explore', 'replay', 'abba@1>1,3>0/h3f2a'])
  expect(await unitFrom(replay, '1', understand)).toEqual(replay)
})

describe('paths lead nowhere that the unit does not name with a hash', () => {
  test.each([
    [['torture', './mine.js']],
    [['torture', '/etc/mine.js']],
    [['explore', '../../mine.mjs']],
    [['storm', '--strategies', 'global,./mine.js']],
    [['storm', '--strategies=./mine.js']],
    [['storm', '--workload', 'mine.cjs']],
    [['explore', 'replay', 'abba@1>1/h3', './mine.js']],
    [['torture', 'C:\\mine.js']],
  ])('%j', async (words) => {
    await expect(unitFrom(unit(words), '1', understand)).rejects.toThrow('outside of what a worker may read')
  })

  test('one that it does name', async () => {
    const mine = unit(['torture', './mine.js'], { files: { './mine.js': HASH } })
    expect(await unitFrom(mine, '1', understand)).toEqual(mine)
  })

  test.each([
    [{ './mine.js': 'short' }],
    [{ './mine.js': HASH, '../../etc/passwd': HASH }],
    [{ './mine.js': HASH, './.hidden.js': HASH }],
    [{ './mine.js': HASH, './a b.js': HASH }],
  ])('not %j', async (files) => {
    await expect(unitFrom(unit(['torture', './mine.js'], { files }), '1', understand)).rejects.toThrow(
      'SHA-256',
    )
  })
})

describe('what is no unit is refused with one line', () => {
  const all: unknown[] = [
    undefined,
    null,
    0,
    '',
    'storm',
    [],
    {},
    { ...storm, id: 'other' },
    { ...storm, id: '../../x' },
    { ...storm, version: '2' },
    { ...storm, version: '' },
    { ...storm, words: [] },
    { ...storm, words: 'storm --rounds 1' },
    { ...storm, words: [1] },
    { ...storm, words: ['storm', '--rounds', '1', '\n'] },
    { ...storm, words: ['storm; rm -rf /'] },
    { ...storm, words: ['x'.repeat(5000)] },
    { ...storm, words: Array.from({ length: 1000 }, () => 'storm') },
    { ...storm, expect: 3 },
    { ...storm, seconds: 0 },
    { ...storm, seconds: Number.NaN },
    { ...storm, exclusive: 1 },
    { ...storm, load: 1e9 },
    { ...storm, files: [] },
    { ...storm, files: { './mine.js': 1 } },
    { ...storm, more: 1 },
    { ...storm, __proto__: null, constructor: 1 },
    unit(['storm', '--json', '/dev/null']),
    unit(['torture', 'mutex_lock', '--junit', '/dev/null']),
    unit(['scenario', '--matrix', '--write', '/dev/null']),
    unit(['campaign', 'work', '--queue', 'redis://127.0.0.1']),
    unit(['nonesuch']),
    unit(['storm', '--nonesuch']),
    unit(['storm', '--help']),
    unit(['help', 'storm']),
    unit(['--version']),
    unit(['storm', '--rounds', '-1']),
  ]
  test.each(all.map((one) => [one]))('%j', async (one) => {
    const refused = await unitFrom(one, '1', understand).catch((error: Error) => error)
    expect(refused).toBeInstanceOf(Error)
    expect((refused as Error).message).not.toContain('\n')
    expect((refused as Error).message).not.toBe('')
  })
})
