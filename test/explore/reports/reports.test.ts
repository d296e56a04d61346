import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explore, exploreAsync, type ExploreOptions, type Verdict } from '#lockstorm/explore/helper/index'
import { ASYNC_PATTERNS, PATTERNS, type AsyncPattern, type Pattern } from './patterns.ts'

// LOCKSTORM_WRITE_PAGES=1 npx vitest run test/explore/reports writes the table of docs/reports.md anew.

const PAGE = join(import.meta.dirname, '../../../docs/reports.md')

const MS = 60_000
/** As most executions as are needed by a program that does not fail: those that are not exhausted in them are said to pass. */
const BUDGET: ExploreOptions = { search: 'dpor', executions: 20_000, ms: MS }

const rows: string[] = []
const note = ({ report, name, kind }: Pattern | AsyncPattern, wrong: Verdict, right: Verdict): void => {
  const all = right.coverage.reduce((sum, { executions }) => sum + executions, 0)
  const held = `${right.verdict}, ${all}`
  rows.push(`| ${report} | ${name} | ${kind} | ${wrong.failure?.at} | ${held} |`)
}

test.for(PATTERNS)('$report: $name', { timeout: MS }, (pattern) => {
  const wrong = explore(pattern.wrong, BUDGET)
  expect(wrong.failure?.kind).toBe(pattern.kind)
  const right = explore(pattern.right, BUDGET)
  expect(right.failure?.ladder.join('\n')).toBeUndefined()
  note(pattern, wrong, right)
})

test.for(ASYNC_PATTERNS)('$report: $name', { timeout: MS }, async (pattern) => {
  const wrong = await exploreAsync(pattern.wrong, BUDGET)
  expect(wrong.failure?.kind).toBe(pattern.kind)
  const right = await exploreAsync(pattern.right, BUDGET)
  expect(right.failure?.ladder.join('\n')).toBeUndefined()
  note(pattern, wrong, right)
})

test('the page names each of them', () => {
  const page = readFileSync(PAGE, 'utf8')
  const [head = ''] = page.split('| --- ')
  if (process.env['LOCKSTORM_WRITE_PAGES'] !== undefined)
    writeFileSync(PAGE, `${head}| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`)
  const named = (row: string): string => row.split(' | ').slice(0, 3).join(' | ')
  expect(rows.length).toBeGreaterThanOrEqual(20)
  expect(rows.filter((row) => !readFileSync(PAGE, 'utf8').includes(named(row)))).toEqual([])
})
