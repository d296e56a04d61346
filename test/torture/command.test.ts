import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { TortureRunResult } from '../../src/results/torture.ts'
import { here } from '../setup/cli.ts'

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

function lockstorm(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'torture', ...args], {
    env: { ...process.env, COLUMNS: '240' },
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

test.each([
  [['nonesuch'], 'torture type nonesuch'],
  [['mutex_lok'], "did you mean 'mutex_lock'"],
  [[], 'torture: name a type, one of all, '],
  [['mutex_lock', '--nwriters_stress', 'many'], '--nwriters_stress many'],
  [['mutex_lock', 'nwriters_stress=0'], 'mutex_lock: nwriters_stress=0 leaves it no task'],
  [['mutex_lock', 'nwriters_stress=1=2'], 'nwriters_stress 1=2: wanted a whole number'],
  [['mutex_lock', '--duration', '0'], '--duration 0: wanted a time with its unit'],
  [['mutex_lock', '--verbose', '7'], '--verbose 7: wanted a whole number from 0 to 1'],
  [['mutex'], "did you mean 'mutex_lock'"],
  [['mutex_lock', '--list'], '--list and a type exclude each other'],
  [['mutex_lock', '--json', '/nonexistent/x.json'], '--json /nonexistent/x.json'],
])('%j is refused in one line with exit code 2', async (args, text) => {
  const { code, stdout, stderr } = await here('torture', ...args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(text)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('the types are listed with what is wrong with the busted ones', () => {
  const { code, out } = lockstorm('--list')
  expect(code).toBe(0)
  expect(out).toMatch(/^mutex_busted +must fail: a woken waiter forgets the other sleepers/m)
})

test('the list is JSON, too', () => {
  const file = join(tmpdir(), `torture-list-${process.pid}.json`)
  expect(lockstorm('--list', '--json', file).code).toBe(0)
  const { types } = JSON.parse(readFileSync(file, 'utf8')) as { types: { name: string }[] }
  rmSync(file)
  expect(types.map(({ name }) => name)).toContain('mutex_lock')
})

test('a test prints start, statistics and verdict, and leaves its numbers as JSON', () => {
  const file = join(tmpdir(), `torture-${process.pid}.json`)
  const { code, out } = lockstorm('mutex_lock', '--duration', '400ms', 'stutter=50', '--json', file)
  const run = JSON.parse(readFileSync(file, 'utf8')) as TortureRunResult
  rmSync(file)
  const lines = out.trimEnd().split('\n')
  expect(code).toBe(0)
  expect(lines[0]).toMatch(/^mutex_lock-torture:--- Start of test: nwriters_stress=\d+ nreaders_stress=0 /)
  expect(lines.at(-2)).toMatch(/^Writes: {2}Total: \d+ {2}Max\/Min: \d+\/\d+ (\?\?\?)? {2}Fail: 0 $/)
  expect(lines.at(-1)).toMatch(/^mutex_lock-torture:--- End of test: SUCCESS: nwriters_stress=\d+ /)
  expect(run).toMatchObject({
    schema: 'lockstorm/torture@1',
    ok: true,
    results: [{ type: 'mutex_lock', cause: '' }],
  })
})

test('a busted type ends with FAILURE and exit code 1', () => {
  // On a busy computer its writers may not meet at once.
  let { code, out } = { code: 0 as number | null, out: '' }
  for (let seconds = 0.5; code === 0 && seconds < 20; seconds *= 4)
    ({ code, out } = lockstorm('lock_busted', '--duration', `${seconds}s`))
  expect(code).toBe(1)
  expect(out).toMatch(/Fail: \d+ !!!$/m)
  expect(out).toContain('lock_busted-torture:--- End of test: FAILURE: ')
})

test('statistics come every stat_interval, and parameters as modprobe takes them', () => {
  const { code, out } = lockstorm(
    'mutex_lock',
    'shutdown_secs=2',
    'stat_interval=0.1',
    'nwriters_stress=3',
    'seed=7',
  )
  expect(code).toBe(0)
  expect(out.match(/^Writes: {2}Total: \d+/gm)?.length).toBeGreaterThan(2)
  expect(out).toMatch(/Start of test: nwriters_stress=3 .*stat_interval=0.1 .*seed=7$/m)
})
