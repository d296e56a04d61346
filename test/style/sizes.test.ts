/** What keeps bundles of the library small without being seen to be wrong: offsets that are written as numbers, imports that can be shaken. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layoutOf } from '#lockstorm/mem/layout'

const SRC = join(import.meta.dirname, '../../src')
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** `2 // mutex.dep_map`: a number, and the field of a struct whose offset it is, or `words` for its size. */
const OFFSET = /\b(\d+) \/\/ ([a-z_]+)\.([a-z_]+)$/gm

/** What the numbers of a text are, where that is not what they are said to be. */
function wrongOffsets(text: string): string[] {
  return [...text.matchAll(OFFSET)].flatMap(([said, number, name = '', field = '']) => {
    const layout = layoutOf(name)
    const is = field === 'words' ? layout?.words : layout?.fields.find((one) => one.name === field)?.offset
    return is === Number(number) ? [] : [`${said}, but it is ${is}`]
  })
}

test('an offset that is written as a number is that of the struct', async () => {
  for (const file of sources.filter((one) => one.startsWith('sync/') && !one.includes('classes/'))) {
    await import(join(import.meta.dirname, '../../dist/src', file.replace(/\.ts$/, '.js')))
  }
  const texts = sources.map((file) => readFileSync(join(SRC, file), 'utf8'))
  expect(texts.flatMap(wrongOffsets)).toEqual([])
  expect(texts.join('\n').match(OFFSET)?.length).toBeGreaterThan(40)
})

test('a wrong number, and a field that is not there, would be found', () => {
  expect(wrongOffsets('const DEP_MAP = 3 // mutex.dep_map\n')).toEqual(['3 // mutex.dep_map, but it is 2'])
  expect(wrongOffsets('const A = 0 // mutex.none\nconst B = 3 // mutex.words')).toHaveLength(1)
})

/** `const { read } = access` keeps all of a module in every bundle; `const read = access.read` keeps that. */
const TAKEN_APART = /^const \{[^}]*\} = (\w+)$/gm

/** Modules that a text imports as a whole and takes apart. */
function takenApart(text: string): string[] {
  const whole = new Set([...text.matchAll(/^import \* as (\w+) from/gm)].map(([, name]) => name))
  return [...text.matchAll(TAKEN_APART)].map(([, name = '']) => name).filter((name) => whole.has(name))
}

test('no module is imported as a whole and taken apart', () => {
  const found = sources.filter((file) => takenApart(readFileSync(join(SRC, file), 'utf8')).length > 0)
  expect(found).toEqual([])
  expect(takenApart("import * as access from '#access'\nconst { read } = access\n")).toEqual(['access'])
})
