import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { LitmusRunResult } from '../../src/results/litmus.ts'
import { here, lockstorm } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'litmus-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const FEW = ['--rounds', '256', '--duration', '60s']

test.each([
  [['nonesuch'], 'litmus test nonesuch'],
  [['SB+atomic'], "did you mean 'SB+atomics'"],
  [['SB', '--rounds', 'many'], '--rounds many'],
  [['SB', '--duration', '0'], '--duration 0'],
  [['SB+plain', '--forbid', 'everything'], "--forbid everything: wanted an outcome such as '0:r0"],
  [['SB+plain', '--forbid', '7:r7=9'], '--forbid 7:r7=9: wanted an outcome of SB+plain'],
  [['SB', '--forbid', '0:r0=0 1:r0=0'], '--forbid 0:r0=0 1:r0=0: name one test'],
  [['SB', '--json', '/nonexistent/x.json'], '--json /nonexistent/x.json'],
])('%j is refused in one line with exit code 2', async (args, text) => {
  const { code, stdout, stderr } = await here('litmus', ...args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(text)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('every round has an outcome; Atomics show nothing that is forbidden', async () => {
  const file = join(folder, 'run.json')
  const { code, stdout } = await lockstorm(
    'litmus',
    'SB+plain',
    'SB+atomics',
    '2+2W+plain',
    ...FEW,
    '--json',
    file,
  )
  const run = JSON.parse(readFileSync(file, 'utf8')) as LitmusRunResult
  expect(code).toBe(0)
  expect(stdout).toContain('SB+atomics: store buffering')
  expect(stdout).toMatch(/0:r0=0 1:r0=0 +0 +0\.0000 % {2}forbidden, not seen/)
  expect(stdout).toContain('forbidden outcomes seen: none')
  expect(run).toMatchObject({ schema: 'lockstorm/litmus@1', ok: true })
  expect(run.results.map(({ test: name }) => name)).toContain('2+2W+plain')
  for (const { rounds, outcomes } of run.results) {
    expect(rounds).toBeGreaterThanOrEqual(256)
    expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(rounds)
  }
}, 120_000)

test('four threads on fewer cores come to an end', async () => {
  const { code, stdout } = await lockstorm('litmus', 'IRIW+atomics', ...FEW)
  expect(code).toBe(0)
  expect(stdout).toMatch(/2:r0=1 2:r1=0 3:r0=1 3:r1=0 +0 +0\.0000 % {2}forbidden, not seen/)
}, 120_000)

test('a forbidden outcome that is seen is told, with exit code 1', async () => {
  // All that there is: one of them must happen in each round.
  const forbidden = ['0:r0=0 1:r0=1', '0:r0=1 1:r0=0', '0:r0=1 1:r0=1', '0:r0=0 1:r0=0']
  const { code, stdout } = await lockstorm('litmus', 'SB+plain', ...FEW, '--forbid', ...forbidden)
  expect(code).toBe(1)
  expect(stdout).toContain('FORBIDDEN, seen')
  expect(stdout).toContain('forbidden outcomes seen: SB+plain')
}, 120_000)

test('the list shows the programs', async () => {
  const { code, stdout } = await lockstorm('litmus', 'LB', '--list')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^LB\+plain +x; y = 1 ‖ y; x = 1$/m)
})
