/**
 * tools/build.mjs on a small project of its own: the files of the tool and its settings, with sources of a line each.
 */
import { execFile, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import {
  cpSync,
  existsSync,
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
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, test } from 'vitest'

const project = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'lockstorm-build-'))
const path = (name: string): string => join(scratch, name)
const write = (name: string, text: string): void => {
  mkdirSync(dirname(path(name)), { recursive: true })
  writeFileSync(path(name), text)
}
const run = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, args, { cwd: scratch, encoding: 'utf8' })
const build = (): SpawnSyncReturns<string> => run('tools/build.mjs')
const changedAt = (name: string): number => statSync(path(name)).mtimeMs
const leftovers = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('dist.'))

beforeEach(() => {
  rmSync(scratch, { recursive: true, force: true })
  for (const name of ['tools', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(project, name), path(name), { recursive: true })
  symlinkSync(join(project, 'node_modules'), path('node_modules'))
  write('src/cli/main.ts', `#!/usr/bin/env node\nimport { word } from '../word.ts'\nconsole.log(word)\n`)
  write('src/word.ts', `export const word = 'one'\n`)
  write('src/other.ts', 'export const other = 1\n')
})

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

test('the first build says that it compiles, and what it leaves can be executed', () => {
  const { status, stdout, stderr } = build()
  expect([status, stdout]).toEqual([0, ''])
  expect(stderr).toMatch(/^lockstorm: compiling/)
  expect(spawnSync(path('dist/src/cli/main.js'), { encoding: 'utf8' }).stdout).toBe('one\n')
  expect(leftovers()).toEqual([])
})

test('a second build compiles nothing, says nothing and leaves dist alone', () => {
  build()
  const { ino } = statSync(path('dist'))
  // A compiler that cannot be run: whoever compiles, fails.
  rmSync(path('node_modules'))
  mkdirSync(path('node_modules/typescript'), { recursive: true })
  cpSync(join(project, 'node_modules/typescript/package.json'), path('node_modules/typescript/package.json'))
  const { status, stderr } = build()
  expect([status, stderr]).toEqual([0, ''])
  expect(statSync(path('dist')).ino).toBe(ino)
})

test('a changed source is compiled, and only that', () => {
  build()
  const other = changedAt('dist/src/other.js')
  const word = changedAt('dist/src/word.js')
  write('src/word.ts', `export const word = 'two'\n`)
  expect(build().stderr).toBe('lockstorm: compiling what changed\n')
  expect(run('dist/src/cli/main.js').stdout).toBe('two\n')
  expect(Math.abs(changedAt('dist/src/other.js') - other)).toBeLessThan(2)
  expect(changedAt('dist/src/word.js')).toBeGreaterThan(word)
  expect(statSync(path('dist/src/cli/main.js')).mode & 0o777).toBe(0o755)
})

test('compiled code has no comments, but what only looks like one stays; declarations keep theirs', () => {
  write(
    'src/word.ts',
    [
      '/** Says what it is. */',
      "export const word = 'http://one/*two*/' // the end",
      'export const pure = /* @__PURE__ */ new Map()',
      'export const sum = (a: number /* first',
      '  and */, b: number): number => a /* between */ / b',
      '// alone',
      'export const pattern = /[/]*\\/\\/x/',
      '',
    ].join('\n'),
  )
  expect(build().status).toBe(0)
  const code = readFileSync(path('dist/src/word.js'), 'utf8')
  expect(code).not.toMatch(/Says|the end|first|between|alone/)
  expect(code).toContain('/* @__PURE__ */ new Map()')
  expect(code).toContain('/[/]*\\/\\/x/')
  expect(run('dist/src/cli/main.js').stdout).toBe('http://one/*two*/\n')
  expect(readFileSync(path('dist/src/word.d.ts'), 'utf8')).toContain('Says what it is.')
})

test('what a removed source left is removed; what was lost or may not be executed comes back', () => {
  build()
  rmSync(path('src/other.ts'))
  build()
  expect(readdirSync(path('dist/src')).filter((name) => name.startsWith('other'))).toEqual([])
  rmSync(path('dist/src/word.js'))
  build()
  expect(existsSync(path('dist/src/word.js'))).toBe(true)
  cpSync(path('dist/src/word.js'), path('dist/src/stray.js'))
  build()
  expect(existsSync(path('dist/src/stray.js'))).toBe(false)
})

test('a source that does not compile leaves the last build', () => {
  build()
  write('src/word.ts', `export const word: number = 'two'\n`)
  const { status, stderr } = build()
  expect(status).toBe(1)
  expect(stderr).toMatch(/exited with 2\n$/)
  expect(run('dist/src/cli/main.js').stdout).toBe('one\n')
  expect(leftovers()).toEqual([])
})

test('three builds at once: each succeeds, and one whole build is left', async () => {
  const start = (): Promise<unknown> =>
    promisify(execFile)(process.execPath, ['tools/build.mjs'], { cwd: scratch })
  await Promise.all([start(), start(), start()])
  expect(build().stderr).toBe('')
  expect(run('dist/src/cli/main.js').stdout).toBe('one\n')
  expect(leftovers()).toEqual([])
})

test('what a killed build left is removed by the next', () => {
  const { pid } = run('-e', '')
  write(`dist.next-${pid}/half.js`, '')
  build()
  expect(leftovers()).toEqual([])
})

test('after an install without the development packages there is one line, and no failure', () => {
  rmSync(path('node_modules'))
  const { scripts } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as {
    scripts: { prepare: string }
  }
  const prepare = (): unknown[] => {
    const { status, stdout, stderr } = spawnSync(scripts.prepare, {
      shell: true,
      cwd: scratch,
      encoding: 'utf8',
    })
    return [status, stdout, stderr]
  }
  expect(prepare()).toEqual([0, '', expect.stringMatching(/^lockstorm: not compiled: [^\n]*npm ci[^\n]*\n$/)])
  // In the published package there are no tools.
  rmSync(path('tools'), { recursive: true })
  expect(prepare()).toEqual([0, '', ''])
})
