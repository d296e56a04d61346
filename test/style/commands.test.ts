/** Pages name races and models in commands and by themselves: what they name is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { modelFound } from '#lockstorm/models/index'
import { scenarioNamed } from '#lockstorm/scenarios/index'

const root = resolve(import.meta.dirname, '../..')
const pages = ['docs', 'src']
  .flatMap((top) => readdirSync(join(root, top), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => join(entry.parentPath, entry.name))
  .concat(join(root, 'README.md'))

/** `lockstorm scenario NAME`, `lockstorm explore NAME`. Names in capitals stand for others; files and `my-…` are the reader's. */
const COMMAND = /lockstorm (scenario|explore) ([a-z0-9][\w:-]*)/g
/** What else follows `explore` or `scenario`. */
const WORDS = new Set(['matrix', 'rates', 'replay', 'witness'])
/** A race or a model in backticks. */
const NAMED =
  /`((?:problem|switchtec|fence-inside|revocable|devlink|vfio|residual-window|under-lock|hw-random|dma-owner|uevent-show)-[a-z0-9-]+(?::[a-z0-9-]+)?)`/g

interface Named {
  readonly how: 'scenario' | 'explore' | 'either'
  readonly name: string
}

function namedIn(text: string): Named[] {
  const commands = [...text.matchAll(COMMAND)].map(([, how, name = '']) => ({
    how: how as Named['how'],
    name,
  }))
  const alone = [...text.matchAll(NAMED)].map(([, name = '']) => ({ how: 'either' as const, name }))
  return [...commands, ...alone].filter(({ name }) => !WORDS.has(name) && !name.startsWith('my-'))
}

async function isThere({ how, name }: Named): Promise<boolean> {
  if (how !== 'explore' && scenarioNamed(name) !== undefined) return true
  if (how === 'scenario') return false
  // A family is named by its stem: `under-lock-lent` is there under several gates.
  const members = await Promise.all([name, `${name}:srcu`, `${name}:percpu_ref`].map(modelFound))
  return members.some((found) => found !== undefined)
}

async function missing(text: string): Promise<string[]> {
  const named = namedIn(text)
  const there = await Promise.all(named.map(isThere))
  return named.filter((_, at) => there[at] !== true).map(({ name }) => name)
}

test('every race and model that a page names is there', async () => {
  const found = await Promise.all(
    pages.map(async (page) =>
      (await missing(readFileSync(page, 'utf8'))).map((name) => `${relative(root, page)}: ${name}`),
    ),
  )
  expect(found.flat()).toEqual([])
})

test('the control: a name that is not there is found', async () => {
  const wrong =
    '`lockstorm scenario switchtec-write-literal`, `lockstorm explore quick-remove:nothing`, `devlink-none`'
  expect(await missing(wrong)).toEqual(['switchtec-write-literal', 'quick-remove:nothing', 'devlink-none'])
  expect(await missing('`lockstorm scenario problem-5`, `lockstorm explore quick-remove:modern`')).toEqual([])
})

const findings = readdirSync(join(root, 'docs/findings')).filter((name) => name !== 'README.md')
const table = readFileSync(join(root, 'docs/findings/README.md'), 'utf8')

test.each(findings)('%s stands in the table of findings, and has the parts of a mail', (name) => {
  const text = readFileSync(join(root, 'docs/findings', name), 'utf8')
  const parts = ['Problem', 'Replay', 'Suggested fix', 'Not verified']
  const missed = parts.filter((part) => !text.includes(`**${part}.**`))
  expect([missed, table.includes(`(${name})`)]).toEqual([[], true])
})
