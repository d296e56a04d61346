import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mad, median, readResult, spreadOf, whyNotWritable, writeResult } from '#lockstorm/results/index'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('a result that is written can be read, and nothing else is left beside it', () => {
  const file = join(folder, 'a.json')
  writeFileSync(file, 'old')
  writeResult(file, { schema: 'lockstorm/storm@1', results: [1] })
  expect(readResult(file)).toEqual({ schema: 'lockstorm/storm@1', results: [1] })
  expect(readdirSync(folder)).toEqual(['a.json'])
})

test('a result that cannot be turned into JSON leaves the old file as it was', () => {
  const file = join(folder, 'a.json')
  writeFileSync(file, 'old')
  expect(() => {
    writeResult(file, { big: 1n })
  }).toThrow(TypeError)
  expect(readFileSync(file, 'utf8')).toBe('old')
  expect(readdirSync(folder)).toEqual(['a.json'])
})

test('a path is tried before the run, without a trace', () => {
  expect(whyNotWritable(join(folder, 'new.json'))).toBeUndefined()
  expect(readdirSync(folder)).toEqual([])
  expect(whyNotWritable(folder)).toBe('it is a directory')
  expect(whyNotWritable(join(folder, 'no/such.json'))).toContain('there is no directory')
  mkdirSync(join(folder, 'shut'))
  chmodSync(join(folder, 'shut'), 0o500)
  // root may write everywhere
  const shut = whyNotWritable(join(folder, 'shut', 'a.json'))
  expect(shut).toBe(process.getuid?.() === 0 ? undefined : 'EACCES')
})

test('a name that is empty is none', () => {
  expect(whyNotWritable('')).toBe('it has no name')
})

test('a link stays a link, and what is no file is written into', () => {
  const file = join(folder, 'a.json')
  const link = join(folder, 'link.json')
  writeFileSync(file, 'old')
  symlinkSync(file, link)
  writeResult(link, { results: [2] })
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ results: [2] })
  expect(whyNotWritable('/dev/null')).toBeUndefined()
  writeResult('/dev/null', {})
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'link.json'])
})

test('what is no result is refused by name', () => {
  const file = join(folder, 'a.json')
  writeFileSync(file, '{"schema":"other"}')
  expect(() => readResult(file)).toThrow(`${file}: it is no result of lockstorm`)
})

test('median and deviation', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
  expect(mad([1, 1, 2, 2, 4, 6, 9])).toBe(1)
  expect(spreadOf([])).toEqual({ median: 0, low: 0, high: 0, confidence: 0, mad: 0, samples: [] })
})
