/** docs/promises.md names what is there: headers, models, tests, mutants; and its table of pairs is that of docs/explore.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('docs/promises.md')
const rows = [...read('docs/explore.md').matchAll(/^\| (\S+) \| ([^|]+) \| ([^|]+) \|/gm)].map(
  ([, name = '', verdict = '', expected = '']) => ({ name, verdict, expected }),
)

/** Names in backticks that follow a word: `explore `a` `b``. */
function named(after: string): string[] {
  return [...page.matchAll(new RegExp(`${after} ((?:\`[^\`]+\` ?)+)`, 'g'))].flatMap(([, list = '']) =>
    [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  )
}

/** One line per primitive: how many pairs of ways have a model, and what the explorer says of them. */
function pairTable(): string {
  const pairs = rows.flatMap(({ name, verdict }) => {
    const [, of = '', ways = ''] = /^([a-z_]+(?:-tokens)?):([a-z-]+\+[a-z-]+)$/.exec(name) ?? []
    return of === '' ? [] : [{ of: of.replace('-tokens', ''), ways: ways.split('+'), verdict }]
  })
  const lines = [...new Set(pairs.map(({ of }) => of))].map((of) => {
    const mine = pairs.filter((pair) => pair.of === of)
    const ways = [...new Set(mine.flatMap((pair) => pair.ways))].map((way) => `\`${way}\``)
    const verdicts = [...new Set(mine.map(({ verdict }) => verdict))]
    const told = verdicts.map((verdict) => {
      const many = mine.filter((pair) => pair.verdict === verdict).length
      return `${many} ${verdict.replace(/^holds, /, '')}`
    })
    return `| ${of} | ${ways.join(' ')} | ${mine.length} | ${told.join(', ')} |`
  })
  return ['| primitive | ways | pairs | verdict |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

test('every header of src/sync that promises something is in the page', () => {
  const promising = readdirSync(join(root, 'src/sync'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .filter(({ name }) =>
      /^ \* (?:Rules|Fairness|Invariant|Lifetime|Lost wake-ups)\b/m.test(read(`src/sync/${name}`)),
    )
  expect(promising.length).toBeGreaterThan(20)
  expect(promising.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([])
})

test('models, mutants and tests that the page names exist', () => {
  const models = new Set(rows.map(({ name }) => name))
  const mutants = readdirSync(join(root, 'test/mutants'))
    .map((name) => read(`test/mutants/${name}`))
    .join('\n')
  const sample = (name: string): boolean => /[A-Z]/.test(name)
  expect(named('explore').filter((name) => !sample(name) && !models.has(name))).toEqual([])
  expect(named('mutants?').filter((name) => !mutants.includes(`name: '${name}'`))).toEqual([])
  const titles = [...page.matchAll(/(test\/\S+\.ts) ((?:`[^`]+` ?)+)/g)].flatMap(([, file = '', list = '']) =>
    [...list.matchAll(/`([^`]+)`/g)].map(([, title = '']) => ({ file, title })),
  )
  expect(titles.length).toBeGreaterThan(20)
  expect(titles.filter(({ file, title }) => !read(file).includes(`'${title}'`))).toEqual([])
})

test('a model that the page says must fail is expected to', () => {
  const failing = [...page.matchAll(/explore `([^`]+)`, which must fail/g)].map(([, name]) => name)
  const expected = failing.map((name) => rows.find((row) => row.name === name)?.expected)
  expect(failing.length).toBeGreaterThan(5)
  expect(expected.filter((verdict) => verdict === undefined || verdict === 'holds')).toEqual([])
})

test('the table of pairs is current', () => {
  expect(/<!-- pairs -->\n([^]*?)\n?<!-- end -->/.exec(page)?.[1]).toBe(`\n${pairTable()}\n`)
})
