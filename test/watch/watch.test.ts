/** Programs of users under the watch: wrong ones are told of, right ones are not. */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WatchReport } from '#lockstorm/watch/look'
import { settings } from '#lockstorm/watch/settings'
import { validator } from '../setup/schema.ts'

vi.setConfig({ testTimeout: 180_000 })
const root = resolve(import.meta.dirname, '../..')
let folder = ''

/** A user's project: it has lockstorm in its node_modules. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstorm-watch-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/lockstorm'))
  const programs = join(import.meta.dirname, 'programs')
  for (const name of readdirSync(programs)) copyFileSync(join(programs, name), join(folder, name))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program; `until` ends it with SIGKILL once stderr shows that, `signal` sends one once stdout shows `ready`. */
function program(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { until, signal }: { until?: RegExp; signal?: NodeJS.Signals } = {},
): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...words], {
      cwd: folder,
      env: { ...process.env, ...env },
      detached: true,
    })
    const out = { stdout: '', stderr: '' }
    let sent = false
    const end = (name: NodeJS.Signals): void => {
      sent = true
      process.kill(name === 'SIGKILL' ? -(child.pid as number) : (child.pid as number), name)
    }
    child.stdout.on('data', (data: Buffer) => {
      out.stdout += data.toString()
      if (!sent && signal !== undefined && out.stdout.includes('ready')) end(signal)
    })
    child.stderr.on('data', (data: Buffer) => {
      out.stderr += data.toString()
      if (!sent && until?.test(out.stderr) === true) end('SIGKILL')
    })
    child.on('close', (code) => {
      done({ code, ...out })
    })
  })
}

test('two orders that never meet: the report of the lock validator, with names of the layout and lines of the program', async () => {
  const json = join(folder, 'apart.json')
  const { code, stderr } = await program(['abba.mjs', 'apart'], {
    LOCKSTORM_WATCH_JSON: json,
    LOCKSTORM_WATCH_EXIT: '66',
  })
  expect(stderr).toMatch(/WARNING: possible circular locking dependency detected/)
  expect(stderr).toMatch(
    /thread-\d+ is trying to acquire lock:\n.*\((accounts|journal)\).*, at: transfer \[abba\.mjs:\d+\]/,
  )
  expect(stderr).toMatch(/\*\*\* DEADLOCK \*\*\*/)
  expect(code).toBe(66)
  const report = JSON.parse(readFileSync(json, 'utf8')) as WatchReport
  expect(validator('watch-1.schema.json')(report)).toEqual([])
  expect(report.findings.map(({ detector }) => detector)).toContain('lockdep')
  const counted = Object.fromEntries(report.lockStat.map(({ name, write }) => [name, write.hold.nr]))
  expect(counted).toMatchObject({ accounts: 40, journal: 40 })
  expect(report.unseen).toBe(0)
})

test('two orders that meet: the threads that wait for each other', async () => {
  const { stderr } = await program(
    ['abba.mjs', 'together'],
    {},
    { until: /Showing all locks held[^]*=====\n/ },
  )
  expect(stderr).toMatch(/thread-\d+ waits for mutex journal \S+, which task thread-\d+ keeps/)
  expect(stderr).toMatch(/thread-\d+ waits for mutex accounts \S+, which task thread-\d+ keeps/)
  expect(stderr).toMatch(/ transfer \[abba\.mjs:\d+\]/)
})

describe('silent', () => {
  test.each(['tasks', 'readers', 'tries', 'nested', 'accounts', 'others'])('%s', async (way) => {
    expect(await program(['right.mjs', way], { LOCKSTORM_WATCH_EXIT: '66' })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  test('one order', async () => {
    expect(await program(['abba.mjs', 'right'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('a report in which a suppressed lock stands', async () => {
    const env = { LOCKSTORM_WATCH_SUPPRESS: 'nonesuch, journal', LOCKSTORM_WATCH_EXIT: '66' }
    expect(await program(['abba.mjs', 'apart'], env)).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

test('on demand, and on a signal: who waits for what, what locks cost', async () => {
  const { code, stdout, stderr } = await program(
    ['--import', 'lockstorm/watch', 'asked.mjs'],
    {},
    { signal: 'SIGUSR2' },
  )
  const { threads } = JSON.parse(stdout.split('\n')[0] as string) as WatchReport
  expect(threads.find(({ waits }) => waits === 'mutex gate')).toMatchObject({ owners: [0], holds: [] })
  expect(threads.find(({ thread }) => thread === 0)).toMatchObject({ waits: '', holds: ['gate'] })
  expect(stderr).toMatch(/thread-\d+: waits for mutex gate, held by thread-0\n/)
  expect(code).toBe(0)
})

test('a worker whose program is not watched says so', async () => {
  const { code, stderr } = await program(['--input-type=module', '-e', UNWATCHED])
  expect(stderr).toMatch(/ERR_NOT_WATCHED/)
  expect(code).toBe(1)
})
const UNWATCHED = `import { Worker } from 'node:worker_threads'
new Worker("import('lockstorm/watch')", { eval: true })`

test('settings are checked', () => {
  expect(settings({})).toEqual({ suppress: [], hungMs: 10_000, json: undefined, exit: 0 })
  expect(() => settings({ LOCKSTORM_WATCH_HUNG: 'soon' })).toThrow(/LOCKSTORM_WATCH_HUNG=soon: wanted a time/)
  expect(() => settings({ LOCKSTORM_WATCH_EXIT: '300' })).toThrow(
    /LOCKSTORM_WATCH_EXIT=300: wanted a whole number/,
  )
})
