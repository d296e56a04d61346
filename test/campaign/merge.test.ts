/** Results of several folders, added up. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergedOf } from '#lockstorm/campaign/merge'
import { Store } from '#lockstorm/campaign/store'
import { mergedBlocks } from '#lockstorm/report/campaign_text'
import { render } from '#lockstorm/report/page'
import { UNIT_SCHEMA, type Finding, type Unit, type UnitResult } from '#lockstorm/results/campaign'
import { folderOf, plan } from './folder.ts'

const folder = folderOf('merge')
const confirm = (): Promise<string> => Promise.resolve('confirmed')

const finding = (title: string, size: Finding['size']): Finding => ({
  title,
  text: title,
  again: ['explore', 'replay', `m@${size[1]}>1`],
  schedule: true,
  size,
  outcome: 'assertion',
})

function result(unit: Unit, findings: readonly Finding[] = [], more: Partial<UnitResult> = {}): UnitResult {
  const ok = findings.length === 0
  const by = { worker: 'w', attempt: 1, date: '', tookS: 1, result: null }
  return { schema: UNIT_SCHEMA, unit, code: ok ? 0 : 1, ok, findings, ...by, ...more }
}

let n = 0
async function opened(units: number): Promise<{ store: Store; all: readonly Unit[] }> {
  const made = await plan({ run: 'storm --seed {seed}', for: { seed: { from: 1, to: units } } })
  const store = new Store(join(folder, String(n++)))
  store.open(made)
  return { store, all: made.units }
}

test('findings of one title are one, with the smallest replay, and every unit that shows it', async () => {
  const { store, all } = await opened(3)
  const [a, b, c] = all as [Unit, Unit, Unit]
  store.put(result(a, [finding('m: assertion', [2, 9]), finding('m: leak', [0, 1])]))
  store.put(result(b, [finding('m: assertion', [1, 20])]))
  store.put(result(c, [finding('m: assertion', [1, 12])]))
  const merged = await mergedOf(store.plan(), [store], confirm)
  expect(merged.findings.map(({ title, again, units }) => [title, again[2], units.length])).toEqual([
    ['m: assertion', 'm@12>1', 3],
    ['m: leak', 'm@1>1', 1],
  ])
  expect(merged.entries).toMatchObject([{ units: 3, done: 3, findings: 3, tookS: 3 }])
})

test('the first result of a unit stays; of two in two folders, the one that found something', async () => {
  const { store, all } = await opened(1)
  const [a] = all as [Unit]
  expect(store.put(result(a))).toBe(true)
  expect(store.put(result(a, [finding('late', [0, 0])]))).toBe(false)
  const other = new Store(join(folder, 'other'))
  other.open(store.plan())
  other.put(result(a, [finding('seen elsewhere', [0, 0])]))
  for (const stores of [
    [store, other],
    [other, store],
  ]) {
    const merged = await mergedOf(store.plan(), stores, confirm)
    expect(merged.findings.map(({ title }) => title)).toEqual(['seen elsewhere'])
    expect(merged.done).toBe(1)
  }
})

describe('what is not whole is told', () => {
  test('units without a result, and why', async () => {
    const { store, all } = await opened(3)
    const [a, b, c] = all as [Unit, Unit, Unit]
    store.put(result(a))
    store.noteBroke({ unit: b, why: 'it was ended by SIGKILL', worker: 'w', attempts: 3 })
    const merged = await mergedOf(store.plan(), [store], confirm)
    expect(merged.missing.map(({ unit, why }) => [unit.id, why])).toEqual([
      [b.id, 'w tried it 3 times: it was ended by SIGKILL'],
      [c.id, 'it has not been run'],
    ])
    const text = render(mergedBlocks(merged), { width: 100, colour: false })
    expect(text).toContain(`missing: ${c.id}`)
    expect(text).toContain('2 missing')
  })

  test('results of another version, of another plan, and files that are none', async () => {
    const { store, all } = await opened(2)
    const [a, b] = all as [Unit, Unit]
    store.put(result({ ...a, version: '2' }))
    store.put(result({ ...a, id: 'stranger' }))
    writeFileSync(join(store.folder, 'units', `${b.id}.json`), '{"schema":')
    const { done, refused, missing } = await mergedOf(store.plan(), [store], confirm)
    expect({ done, missing: missing.length }).toEqual({ done: 0, missing: 2 })
    const told = refused.join('\n')
    expect(refused).toHaveLength(3)
    expect(told).toContain('it is of version 2, and the plan is of 1')
    expect(told).toContain('stranger: the plan has no such unit')
    expect(told).toContain('it cannot be read')
  })

  test('a folder of another plan is no place for results', async () => {
    const { store } = await opened(1)
    const other = await plan({ run: 'storm' })
    expect(() => store.open(other)).toThrow('name another folder')
  })
})

test('parts of a tree that are all exhausted are the whole; one that is missing leaves it open', async () => {
  const made = await plan({ run: 'explore mutex --search dpor', cut: 2 })
  const store = new Store(join(folder, 'parts'))
  store.open(made)
  const [a, b] = made.units as [Unit, Unit]
  const seen = (part: string): object => ({
    schema: 'lockstorm/explore-run@1',
    result: [
      {
        model: 'mutex',
        ok: true,
        coverage: [{ search: `dpor, part ${part}`, exhausted: true, executions: 7 }],
      },
    ],
  })
  store.put(result(a, [], { result: seen('1/2') }))
  expect((await mergedOf(made, [store], confirm)).entries[0]?.says).toEqual([
    'mutex: dpor: 1 of 2 parts exhausted, 7 executions',
  ])
  store.put(result(b, [], { result: seen('2/2') }))
  expect((await mergedOf(made, [store], confirm)).entries[0]?.says).toEqual([
    'mutex: dpor: exhausted in 2 parts, 14 executions',
  ])
})

test('ten thousand results', async () => {
  const { store, all } = await opened(10_000)
  for (const unit of all)
    writeFileSync(join(store.folder, 'units', `${unit.id}.json`), JSON.stringify(result(unit)))
  const merged = await mergedOf(store.plan(), [store], confirm)
  expect(merged.done).toBe(10_000)
})
