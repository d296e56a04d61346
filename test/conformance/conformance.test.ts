import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RECORDED, runSection, type CaseResult } from '#lockstorm/conformance/index'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/conformance.md'), 'utf8')
const cases = RECORDED.flatMap((section) => section.cases)

function failures(results: readonly CaseResult[]): CaseResult[] {
  return results.filter(({ outcome }) => outcome === 'fails')
}

describe.each(RECORDED)('$name', (section) => {
  test('comes out as recorded, or as explained', { timeout: 120_000 }, async () => {
    expect(failures(await runSection(section))).toEqual([])
  })
})

test('each difference is explained', () => {
  const reasons = new Set(cases.flatMap(({ differs }) => (differs === undefined ? [] : [differs.why])))
  const missing = [...reasons].filter((why) => !page.includes(`### ${why}\n`))
  expect(missing).toEqual([])
})

test('the page tells the numbers as they are', () => {
  const differ = cases.filter(({ differs }) => differs !== undefined).length
  expect(page).toContain(`${cases.length - differ} of ${cases.length} recorded cases pass; ${differ} differ`)
})

test('what is not compared says why', () => {
  const forgotten = cases.flatMap(({ action }) =>
    action.do === 'call' && action.name.startsWith('forget') ? [action] : [],
  )
  expect(forgotten.length).toBeGreaterThan(0)
  expect(forgotten.filter(({ arg = '' }) => arg.split(' ').length < 4)).toEqual([])
})

test('a removal that waits for its user relays no request, as mtty has none', () => {
  const section = RECORDED.find(({ name }) => name.startsWith('a removal while somebody'))
  const at =
    section?.cases.findIndex(
      ({ action }) => action.do === 'call' && action.name.startsWith('start a removal'),
    ) ?? -1
  expect(section?.cases[at + 1]).toEqual({ action: { do: 'log' }, was: [] })
})

test('a wrong answer is seen, and so is a difference that is there no more', async () => {
  const wrong = { action: { do: 'read', path: '/sys/bus/mdev/drivers_autoprobe' }, was: '0\n' } as const
  const gone = { ...wrong, was: '1\n', differs: { is: '0\n', why: 'no stat' } }
  const section = { name: 'controls', machine: 'mtty', cases: [wrong, gone] } as const
  const results = await runSection(section)
  expect(results.map(({ outcome }) => outcome)).toEqual(['fails', 'fails'])
})
