/** The pages of docs/api are what the docstrings say, and no public member of a lock goes without one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { apiPages, FOLDER } from '../../tools/api.mjs'

const folder = resolve(import.meta.dirname, '../..', FOLDER)
const pages = await apiPages()

test('the pages are current: node tools/api.mjs writes them', () => {
  const there = Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  expect(there).toEqual(pages)
})

test('a class says what it costs', () => {
  const free = ['README.md', 'Threads.md']
  const without = Object.entries(pages).filter(
    ([name, text]) => !free.includes(name) && !/^Costs alone: .* \d+ ns/m.test(text),
  )
  expect(without.map(([name]) => name)).toEqual([])
})

test('every member says what it does', () => {
  const lines = Object.entries(pages).flatMap(([page, text]) =>
    [...text.matchAll(/^- `(.*)`$/gm)].map(([, member]) => `${page}: ${member}`),
  )
  expect(Object.keys(pages).length).toBeGreaterThan(15)
  expect(lines).toEqual([])
})

test('a class has its size, its errors, and when it may be freed', () => {
  expect(pages['Mutex.md']).toMatch(/\d+ words, \d+ bytes/)
  expect(pages['Mutex.md']).toContain('Throws an OwnershipError if this thread does not hold it.')
  const silent = Object.entries(pages).filter(
    ([name, text]) => !['README.md', 'Threads.md'].includes(name) && !text.includes('**Freed**'),
  )
  expect(silent.map(([name]) => name)).toEqual([])
})
