import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { here } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a race under one strategy: ladder, log, report, verdict, and the same as JSON', async () => {
  const file = join(folder, 'run.json')
  const { code, stdout } = await here('scenario', 'problem-5', '--strategy', 'placeholder', '--json', file)
  expect(code).toBe(0)
  for (const text of ['cpu-0 ', '--- log ---', '--- oops ---', 'RIP: 0010:mdev_device_remove_ops']) {
    expect(stdout).toContain(text)
  }
  expect(stdout).toContain('placeholder: happens (oops), answers oops ok: as expected\n')
  const { schema, result } = JSON.parse(readFileSync(file, 'utf8')) as {
    schema: string
    result: { cell: unknown }[]
  }
  expect(schema).toBe('lockstorm/scenario-run@1')
  expect(result[0]?.cell).toEqual({ outcome: 'happens', seenBy: ['oops'], answers: ['oops', 'ok'] })
})

test('repeated: how many runs were alike', async () => {
  const { code, stdout } = await here('scenario', 'devlink-deadlock', '--strategy', 'srcu', '--repeat', '5')
  expect(code).toBe(0)
  expect(stdout).toContain('srcu: 5 of 5 runs have the same verdict and the same ladder\n')
})

test('unforced: a rate', async () => {
  const { code, stdout } = await here('scenario', 'same-uuid', '--strategy', 'srcu', '--stress', '5')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^srcu: happened in 0 of 5 runs, 0 hung; answers /)
})

test('the list', async () => {
  const { code, stdout } = await here('scenario')
  expect(code).toBe(0)
  expect(stdout).toContain('\nproblem-5 ')
})

test('a race in a file as a row of the matrix', async () => {
  const file = join(folder, 'row.json')
  const { code, stdout } = await here(
    'scenario',
    './examples/race.js',
    '--matrix',
    '--strategies',
    'per-parent,sharded',
    '--json',
    file,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('2 cells, 2 as expected') })
  const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: { strategy: string }[] }
  expect(result.map(({ strategy }) => strategy)).toEqual(['per-parent', 'sharded'])
})

describe('bad usage is one line and exit code 2', () => {
  test.each([
    [['problem-6'], "unknown scenario 'problem-6'"],
    [['problem-5', '--strategy', 'rwsen'], 'rwsem'],
    [['problem-5', '--strategy', 'foo'], 'busted-namespace, busted-gate'],
    [['problem-5', '--json', '/nowhere/a.json'], '--json /nowhere/a.json: wanted a file'],
    [['problem-5', '--repeat', '0'], '--repeat'],
    [['newcomer', '--stress', '5'], 'the drawn order only'],
    [['--stress', '5'], '--stress goes with the name of a scenario'],
    [['problem-5', '--stress', '5', '--repeat', '5'], 'give one of them'],
    [['--write', 'x.md'], '--write goes with --matrix'],
    [['--lockdep'], '--lockdep goes with the name of a scenario or --matrix'],
    [['problem-5', '--lock-stat'], '--lock-stat goes with --stress'],
    [['problem-5', '--matrix', '--write', 'x.md'], 'exclude each other'],
    [['problem-5', '--matrix', '--stress', '5'], 'exclude each other'],
    [['--matrix', '--lock-stat'], '--lock-stat goes with --stress'],
    [['--matrix', '--strategy', 'rwsem'], '--strategy goes with the name of a scenario'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await here('scenario', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toContain(text)
  })
})
