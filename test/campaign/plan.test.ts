/** From a campaign file to units. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { campaignFrom } from '#lockstorm/campaign/file'
import { models } from '#lockstorm/models/registry'
import { campaignOf, plan } from './folder.ts'

const lines = async (...entries: object[]): Promise<string[]> =>
  (await plan(...entries)).units.map(({ words }) => words.join(' '))

test('names in braces stand for every value, the last one changing fastest', async () => {
  const entry = {
    run: 'torture {type} --duration {time}',
    for: { time: ['1s', '2s'], type: ['mutex_lock', 'lock_busted'] },
  }
  expect(await lines(entry)).toEqual([
    'torture mutex_lock --duration 1s',
    'torture mutex_lock --duration 2s',
    'torture lock_busted --duration 1s',
    'torture lock_busted --duration 2s',
  ])
})

test('what is wrong on purpose must be found out; how long it takes is in its flags', async () => {
  const { units } = await plan({
    run: 'torture {type} --duration 2m',
    for: { type: ['mutex_lock', 'lock_busted'] },
  })
  expect(units.map(({ expect: code, seconds, exclusive }) => ({ code, seconds, exclusive }))).toEqual([
    { code: 0, seconds: 120, exclusive: false },
    { code: 1, seconds: 120, exclusive: false },
  ])
})

test('"all" is everything that this version has; what times something runs alone', async () => {
  const { units } = await plan({ run: 'explore {model} --search pct', for: { model: 'all' } })
  expect(units.map(({ words }) => words[1])).toEqual([...new Set(models.map(({ name }) => name))])
  const [storm] = (await plan({ run: 'storm --rounds 3' })).units
  expect(storm).toMatchObject({ exclusive: true, expect: 0 })
})

test.each([
  'torture srcu nreaders=4 gp_poll=1 --duration 1s',
  'explore problem-5:rwsem --search pct',
  'litmus SB',
  'torture all --duration 1s',
])('%s names what the command itself knows', async (run) => {
  expect((await plan({ run })).units).toHaveLength(1)
})

describe('cuts', () => {
  test('the fuzzer into ranges of programs that do not overlap', async () => {
    const pieces = await lines({ run: 'explore fuzz --programs 100 --seed 7', seconds: 90 })
    expect(pieces).toEqual([
      'explore fuzz --jobs 1 --programs 33 --seed 7',
      'explore fuzz --jobs 1 --programs 33 --seed 40',
      'explore fuzz --jobs 1 --programs 34 --seed 73',
    ])
  })

  test('a sampled search into ranges of seeds', async () => {
    expect(await lines({ run: 'explore mutex --search pos --executions 10', cut: 2 })).toEqual([
      'explore mutex --search pos --jobs 1 --executions 5 --seed 1',
      'explore mutex --search pos --jobs 1 --executions 5 --seed 2',
    ])
  })

  test('an exhaustive search into parts of its tree', async () => {
    expect(await lines({ run: 'explore mutex --search dfs --bound 2', cut: 3 })).toEqual([
      'explore mutex --search dfs --bound 2 --jobs 1 --part 1/3',
      'explore mutex --search dfs --bound 2 --jobs 1 --part 2/3',
      'explore mutex --search dfs --bound 2 --jobs 1 --part 3/3',
    ])
  })

  test('what has no pieces stays whole', async () => {
    expect(await lines({ run: 'torture mutex_lock --duration 1h' })).toHaveLength(1)
  })
})

test('the same file and version give the same ids, another version others', async () => {
  const entry = { run: 'explore fuzz --programs 9', cut: 3 }
  const [one, other] = await Promise.all([plan(entry), plan(entry)])
  expect(other).toEqual(one)
  expect(new Set(one.units.map(({ id }) => id)).size).toBe(3)
})

test('ten thousand units', async () => {
  const { units } = await plan({
    run: 'storm --vendor none --rounds 1 --seed {seed}',
    for: { seed: { from: 1, to: 10_000 } },
  })
  expect(units).toHaveLength(10_000)
})

describe('bad campaigns are refused with one line that names the field', () => {
  test.each([
    ['{', 'it is no JSON'],
    ['[]', 'expected a campaign'],
    ['{"schema":"lockstorm/campaign@2","name":"x","entries":[]}', 'schema'],
    ['{"schema":"lockstorm/campaign@1","name":"a/b","entries":[]}', 'name'],
    ['{"schema":"lockstorm/campaign@1","name":"x","entries":[]}', 'entries'],
    [campaignOf({ run: '' }), 'entries[0].run'],
    [campaignOf({ run: 'storm', rnu: 1 }), 'entries[0].rnu'],
    [campaignOf({ run: 'storm', expect: 2 }), 'entries[0].expect'],
    [campaignOf({ run: 'storm', seconds: 0 }), 'entries[0].seconds'],
    [campaignOf({ run: 'storm', cut: 0 }), 'entries[0].cut'],
    [campaignOf({ run: 'storm', load: -1 }), 'entries[0].load'],
    [campaignOf({ run: 'storm', exclusive: 'yes' }), 'entries[0].exclusive'],
    [campaignOf({ run: 'storm --seed {seed}', for: { seed: { from: 5, to: 1 } } }), 'entries[0].for.seed'],
    [campaignOf({ run: 'storm --seed {seed}', for: { seed: 'some' } }), 'entries[0].for.seed'],
    [campaignOf({ run: 'storm --seed {seed}', for: { seed: [] } }), 'entries[0].for.seed'],
  ])('%s', (text, field) => {
    expect(() => campaignFrom(text)).toThrow(field)
  })

  test.each([
    [{ run: 'storm --seed {seed}' }, 'entries[0].for: it has nothing for {seed}'],
    [{ run: 'storm', for: { seed: [1] } }, 'entries[0].for.seed: run has no {seed}'],
    [{ run: 'storm --seed {seed}', for: { seed: 'all' } }, '"all" is of model'],
    [{ run: 'strom' }, "did you mean 'storm'"],
    [{ run: 'storm --rounds x' }, '--rounds x'],
    [{ run: 'torture mutex' }, 'torture mutex: this version has no such type'],
    [{ run: 'explore abba nothing' }, 'explore nothing: this version has no such model'],
    [{ run: 'scenario nothing' }, 'scenario nothing: this version has no such race'],
    [{ run: 'litmus nothing' }, 'litmus nothing: this version has no such test'],
    [{ run: 'storm --help' }, 'help only'],
    [{ run: 'campaign run x.json' }, 'campaign is no unit'],
    [{ run: 'storm --json /dev/null' }, '--json is not for units'],
    [{ run: 'scenario --matrix --write /dev/null' }, '--write is not for units'],
    [{ run: 'torture mutex_lock --junit /dev/null' }, '--junit is not for units'],
    [{ run: 'storm', cut: 2 }, 'cannot be cut'],
    [{ run: "torture 'mutex_lock" }, 'a quote has no other'],
  ])('%j', async (entry, told) => {
    const refused = plan(entry)
    await expect(refused).rejects.toThrow('entries[0]')
    await expect(refused).rejects.toThrow(told)
  })

  test('a unit that is there twice', async () => {
    await expect(plan({ run: 'storm' }, { run: 'storm' })).rejects.toThrow('planned twice')
  })
})

test('the published schema knows the fields that are read, and no others', () => {
  const file = resolve(import.meta.dirname, '../../docs/campaign.schema.json')
  const schema = JSON.parse(readFileSync(file, 'utf8')) as {
    properties: { entries: { items: { properties: object } } } & Record<string, unknown>
  }
  expect(Object.keys(schema.properties).toSorted()).toEqual(['$schema', 'entries', 'name', 'schema'])
  expect(Object.keys(schema.properties.entries.items.properties).toSorted()).toEqual(
    ['run', 'for', 'expect', 'seconds', 'exclusive', 'load', 'cut'].toSorted(),
  )
})
