/** docs/adding.md puts lines behind lines that are there. test/tools/adding.test.ts does what the page says. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/adding.md'), 'utf8')
const places = [...page.matchAll(/^```\w+ ([^\s,]+), behind `([^`\n]*)`$/gm)].map(
  ([, file = '', line = '']) => ({
    file,
    line,
  }),
)

test.each(places)('$file has the line $line', ({ file, line }) => {
  expect(readFileSync(join(root, file), 'utf8').split('\n')).toContain(line)
})

test('the page has such places', () => {
  expect(places.length).toBeGreaterThan(8)
})
