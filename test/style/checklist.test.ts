import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { SCENARIOS } from '#lockstorm/scenarios/index'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(resolve(root, 'docs/checklist.md'), 'utf8')

interface Row {
  readonly number: number
  readonly shownBy: string
}

const rows: Row[] = [...page.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)].map(([, number, shownBy]) => ({
  number: Number(number),
  shownBy: shownBy as string,
}))

/** `scenario` or a file, with the names that follow it. */
function references({ shownBy }: Row): { what: string; names: string[] }[] {
  return shownBy.split(/; (?=scenario |test\/)/).map((part) => ({
    what: part.split(' ')[0] as string,
    names: [...part.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  }))
}

const scenarios = new Set(SCENARIOS.map(({ name }) => name))

function missing({ what, names }: { what: string; names: string[] }): string[] {
  if (names.length === 0) return [`${what} names nothing`]
  if (what === 'scenario') return names.filter((name) => !scenarios.has(name))
  const text = readFileSync(resolve(root, what), 'utf8')
  return names.filter((name) => !text.includes(name)).map((name) => `${what}: ${name}`)
}

test('the checklist has every row', () => {
  const wanted = Array.from({ length: 57 }, (_, i) => i + 1)
  expect(rows.map(({ number }) => number)).toEqual(wanted)
})

test('every test and scenario that it names is there', () => {
  expect(rows.flatMap(references).flatMap(missing)).toEqual([])
})
