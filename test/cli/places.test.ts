/** Files on the command line: what is read, what is written, and what a line says of those that cannot be. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { whyNotWritable, writeWhole } from '#lockstorm/results/io'
import type { CommandSpec } from '#lockstorm/cli/command'
import { maybe } from '#lockstorm/cli/flag'
import { file } from '#lockstorm/cli/kinds'
import { mustBeApart } from '#lockstorm/cli/places'
import { didYouMean, oneLine, shown, UsageError } from '#lockstorm/cli/usage'
import { here } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const at = (name: string): string => join(folder, name)
mkdirSync(at('folder'))
writeFileSync(at('empty.json'), '')
writeFileSync(at('bytes.json'), Buffer.from([0xff, 0xfe, 0x00]))
writeFileSync(at('other.json'), '{"schema":"theirs/1"}')
writeFileSync(at('read.json'), '{}')
symlinkSync(at('read.json'), at('link.json'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test.each([
  ['none.json', 'it cannot be read: ENOENT'],
  ['folder', 'it cannot be read: EISDIR'],
  ['empty.json', 'it is no JSON: '],
  ['bytes.json', 'it is no JSON: '],
  ['other.json', 'it is no result of lockstorm'],
])('%s is no result: the line names it and says why', async (name, why) => {
  for (const words of [
    ['report', at(name)],
    ['compare', at(name), at('read.json')],
  ]) {
    const { code, stdout, stderr } = await here(...words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`lockstorm: ${at(name)}: ${why}`)
    expect(stderr.trimEnd()).not.toContain('\n')
  }
})

test.each([
  ['explore', './folder', 'it is no file'],
  ['explore', './none.js', 'there is no such file'],
  ['mount', 'empty.json', 'wanted a directory, and it is none'],
  ['mount', 'none', 'wanted a directory, and there is none'],
])('%s %s: %s', async (command, name, why) => {
  const { code, stderr } = await here(command, at(name))
  expect([code, stderr.includes(why) || stderr.includes('/dev/fuse')]).toEqual([2, true])
})

test('two texts do not go to one file, by whatever names, and none over what is read', () => {
  const to = maybe(file('stdout'), '<file>', '')
  const spec = { flags: { json: to, trace: to, junit: to, output: to } } as unknown as CommandSpec
  const refused = (values: Record<string, string>, ...operands: string[]): string => {
    try {
      mustBeApart(spec, values, operands)
      return ''
    } catch (error) {
      return error instanceof UsageError ? error.message : String(error)
    }
  }
  expect(refused({ json: 'a.json', trace: './a.json' })).toBe(
    '--trace ./a.json: --json is written there, too',
  )
  expect(refused({ json: at('read.json'), junit: at('link.json') })).toContain('--json is written there, too')
  expect(refused({ output: at('link.json') }, at('read.json'))).toContain('the command reads this file')
  expect(refused({ json: '-', trace: 'a.json', junit: 'b.json' }, 'c.json')).toBe('')
  expect(refused({ json: '/dev/null', trace: '/dev/null' })).toBe('')
})

test.skipIf(process.platform === 'win32')('a directory that is gone is told in one line', () => {
  const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
  const script = `mkdir "$1" && cd "$1" && rmdir "$1" && exec "$2" "$3" storm --rounds 1`
  const words = ['-c', script, 'sh', at('gone'), process.execPath, main]
  const { status, stderr } = spawnSync('sh', words, { encoding: 'utf8' })
  expect(stderr).toBe('lockstorm: the directory in which this was started does not exist any more\n')
  expect(status).toBe(2)
})

test('a file may have the longest name that there is, and nothing is left beside it', () => {
  const long = at('x'.repeat(255))
  expect(whyNotWritable(long)).toBeUndefined()
  writeWhole(long, 'whole')
  expect(whyNotWritable(at('x'.repeat(256)))).toBe('ENAMETOOLONG')
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('what would break a line or move a cursor is written out', () => {
  expect(['', ' 5', 'a\nb', '\u001b[2J', 'plain'].map(shown)).toEqual([
    "''",
    '" 5"',
    String.raw`"a\nb"`,
    String.raw`"\u001b[2J"`,
    'plain',
  ])
  expect(oneLine('one\ntwo\u001b[2J\r')).toBe(String.raw`one two\u001b[2J\u000d`)
  expect(didYouMean('', ['S', 'storm'])).toBe('')
})
