/** Figures in the pages are those of the results that are kept beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DATA, PAGES, withBlocks } from '../../tools/results_blocks.mjs'
import { validator } from '../setup/schema.ts'

const kept = existsSync(DATA) ? readdirSync(DATA).filter((name) => name.endsWith('.json')) : []

describe.each(PAGES)('%s', (page) => {
  test(`the figures of ${basename(page)} are those of the results that are kept`, () => {
    const text = readFileSync(page, 'utf8')
    expect(text).toContain('<!-- results ')
    expect(text.match(/<!-- results /g)).toHaveLength(text.match(/<!-- end -->/g)?.length ?? 0)
    expect(withBlocks(text)).toBe(text)
  })
})

const SCHEMAS: Readonly<Record<string, string>> = {
  'lockstorm/growth@1': 'growth-1.schema.json',
  'lockstorm/storm@2': 'storm-2.schema.json',
}

/** What is wrong with a result; a bench has no published schema. */
function wrong(result: { readonly schema: string }): readonly string[] {
  const file = SCHEMAS[result.schema]
  if (file !== undefined) return validator(file)(result)
  return /^lockstorm\/bench(-page)?@/.test(result.schema) ? [] : [`no schema of ${result.schema}`]
}

test('results that are kept are valid', () => {
  for (const name of kept) {
    const result = JSON.parse(readFileSync(join(DATA, name), 'utf8')) as { readonly schema: string }
    expect({ name, errors: wrong(result) }).toEqual({ name, errors: [] })
  }
})

test('an unknown block is an error, one without results stays', () => {
  expect(() => withBlocks('<!-- results nonsense -->\n<!-- end -->')).toThrow("no block 'nonsense'")
  expect(withBlocks('as it is')).toBe('as it is')
})
