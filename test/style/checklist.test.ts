/**
 * The pages that say which test shows what: docs/checklist.md by behaviour, docs/kernel-tests.md by test of the kernel. What their last
 * column names is there: scenarios, models, and titles in test files.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { models } from '#lockstorm/models/index'
import { SCENARIOS } from '#lockstorm/scenarios/index'

const root = resolve(import.meta.dirname, '../..')
const NONE = 'none: '

interface Row {
  readonly subject: string
  readonly shownBy: string
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
}

/** Rows of the tables of a page whose first cell is of this form. */
function rowsOf(text: string, first: RegExp): Row[] {
  return [...text.matchAll(/^\| (.*?) \| .* \| (.*) \|$/gm)]
    .map(([, subject, shownBy]) => ({ subject: subject as string, shownBy: shownBy as string }))
    .filter(({ subject }) => first.test(subject))
}

const names: Readonly<Record<string, ReadonlySet<string>>> = {
  scenario: new Set(SCENARIOS.map(({ name }) => name)),
  model: new Set(models.map(({ name }) => name)),
}

/** What `scenario`, `model` or a file names that is not there. */
function missing(part: string): string[] {
  const what = part.split(' ')[0] as string
  const named = quoted(part)
  if (named.length === 0) return [`${part} names nothing`]
  const known = names[what]
  if (known !== undefined) return named.filter((name) => !known.has(name)).map((name) => `${what} ${name}`)
  const text = readFileSync(resolve(root, what), 'utf8')
  return named.filter((name) => !text.includes(name)).map((name) => `${what}: ${name}`)
}

function missingOf({ subject, shownBy }: Row): string[] {
  if (shownBy.startsWith(NONE))
    return shownBy.length > NONE.length + 20 ? [] : [`${subject}: a reason is missing`]
  return shownBy.split(/; (?=scenario |model |test\/)/).flatMap(missing)
}

const checklist = readFileSync(resolve(root, 'docs/checklist.md'), 'utf8')
const kernelTests = readFileSync(resolve(root, 'docs/kernel-tests.md'), 'utf8')
const pages = [
  { page: 'checklist', rows: rowsOf(checklist, /^\d+$/) },
  { page: 'kernel-tests', rows: rowsOf(kernelTests, /^`/) },
]

describe.each(pages)('docs/$page.md', ({ rows }) => {
  test('every test, model and scenario that it names is there', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.flatMap(missingOf)).toEqual([])
  })
})

test('the checklist has every row, and a test for each', () => {
  const wanted = Array.from({ length: 57 }, (_, i) => i + 1)
  expect(pages[0]?.rows.map(({ subject }) => Number(subject))).toEqual(wanted)
  expect(pages[0]?.rows.filter(({ shownBy }) => shownBy.startsWith(NONE))).toEqual([])
})

test('the page of the kernel’s tests names each once, counts them, and gives the commit of each file', () => {
  const all = pages[1]?.rows.flatMap(({ subject }) => quoted(subject)) ?? []
  const shown = pages[1]?.rows.filter(({ shownBy }) => !shownBy.startsWith(NONE)) ?? []
  expect(new Set(all).size).toBe(all.length)
  expect(kernelTests).toContain(
    `${all.length} tests, ${shown.flatMap(({ subject }) => quoted(subject)).length} with a counterpart.`,
  )
  const sections = kernelTests.split(/^## /m).slice(1)
  expect(sections.filter((section) => !/ at [0-9a-f]{12}|\d{14}\.\d+-\d+-\w+@/.test(section))).toEqual([])
})
