import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StormRun } from '#lockstorm/results/index'
import { here, lockstorm } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const TINY = ['storm', '--parents', '2', '--devices', '2', '--cpus', '2', '--warmup', '1', '--vendor', 'none']

describe('a storm from the command line', () => {
  test('prints a table and an answer, writes its JSON, shows no progress without a terminal', async () => {
    const file = join(folder, 'run.json')
    const args = [
      '--strategies',
      'global,placeholder',
      '--rounds',
      '3',
      '--duplicates',
      '0.5',
      '--json',
      file,
    ]
    const { code, stdout, stderr } = await lockstorm(...TINY, ...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('vendor none: 2 parents × 2 devices, 2 CPUs on ')
    expect(stdout).toMatch(/^placeholder(?: !)? +3 /m)
    expect(stdout).toContain('3 rounds cannot say')
    const run = JSON.parse(readFileSync(file, 'utf8')) as StormRun
    expect(run).toMatchObject({
      schema: 'lockstorm/storm@2',
      plan: {
        command: 'storm',
        parents: 2,
        devices: 2,
        cpus: [2],
        strategies: ['global', 'placeholder'],
        seed: 1,
      },
      env: {
        node: expect.any(String),
        v8: expect.any(String),
        cores: expect.any(Number),
        arch: process.arch,
      },
      verdict: 'ok',
    })
    expect(run.env.cpuModel).toEqual(expect.any(String))
    expect(Date.parse(run.env.date)).not.toBeNaN()
    expect(run.results).toHaveLength(3)
    const latency = {
      p50: expect.any(Number),
      p90: expect.any(Number),
      p99: expect.any(Number),
      max: expect.any(Number),
    }
    expect(run.results[1]).toMatchObject({
      strategy: 'placeholder',
      vendor: 'none',
      wallMs: { median: expect.any(Number), mad: expect.any(Number), samples: expect.any(Array) },
      opsPerSecond: expect.any(Number),
      ratioToBaseline: expect.any(Number),
      createNs: { ...latency, count: 12 },
      removeNs: { ...latency, count: 12 },
      inFlight: { mean: expect.any(Number), max: expect.any(Number), maxPerParent: expect.any(Number) },
      efficiency: null,
      duplicates: { attempted: expect.any(Number), rejected: expect.any(Number), warned: 0, admitted: 0 },
      errnos: { EEXIST: expect.any(Number) },
      invariants: { checked: expect.any(Number), broken: [] },
    })
    expect(readdirSync(folder)).toEqual(['run.json'])
  })

  test('whose worker throws exits with 3, a report, and the results so far', async () => {
    const file = join(folder, 'broken.json')
    const args = ['--strategies', 'rwsem', '--rounds', '9', '--json', file, '--test-fault', 'throw:1@6']
    const { code, stdout, stderr } = await lockstorm(...TINY, ...args)
    expect(code).toBe(3)
    expect(stdout).toMatch(/^rwsem(?: !)? +1 /m)
    expect(stderr).toContain("lockstorm: machine 'rwsem': CPU 1 threw: Error: a fault that was asked for")
    expect(stderr).toContain('holds mutex mdev_list_lock')
    expect(stderr).toContain(`1 of 9 rounds were measured. They are kept in ${file}.`)
    const run = JSON.parse(readFileSync(file, 'utf8')) as StormRun
    expect(run.verdict).toBe('broken')
    expect(run.results[0]?.wallMs.samples).toHaveLength(1)
  })
})

describe('bad usage is one line and exit code 2', () => {
  test.each([
    [
      ['storm', '--strategies', 'globel'],
      /^lockstorm: --strategies globel: wanted .*, did you mean 'global'\?\n$/,
    ],
    [['storm', '--parents', '0'], /^lockstorm: --parents 0: wanted a whole number from 1 to 256\n$/],
    [
      ['storm', '--parrents', '1'],
      /^lockstorm: unknown option '--parrents' \(Did you mean --parents\?\); see lockstorm storm --help\n$/,
    ],
    [
      ['storm', '--rounds'],
      /^lockstorm: option '--rounds <n>' argument missing; see lockstorm storm --help\n$/,
    ],
    [['storm', 'hard'], /^lockstorm: storm: too many words: hard; see lockstorm storm --help\n$/],
    [['storm', '--json', ''], /^lockstorm: --json '': wanted a file .*, but it has no name\n$/],
    [
      ['storm', '--workload', 'foo'],
      /^lockstorm: --workload foo: wanted one of mdev, vfio, unplug, or a file of yours such as \.\/mine\.js\n$/,
    ],
    [
      ['storm', '--json', '/nowhere/at/all.json'],
      /^lockstorm: --json \/nowhere\/at\/all.json: wanted a file .*\n$/,
    ],
    [['storm', '--arena', '64GB'], /^lockstorm: --arena: .*need about .* of memory.*\n$/],
    [['storm', '--arena', '300KB', '--rounds', '1'], /^lockstorm: --arena: .*does not fit.*\n$|too few/],
    [['strom'], /^lockstorm: unknown command strom: wanted one of .*, did you mean 'storm'\?; .*\n$/],
    [['nope', '--help'], /^lockstorm: unknown command nope/],
    [['help', 'nope'], /^lockstorm: unknown command nope/],
    [['bench', 'syn'], /^lockstorm: suite syn: wanted one of access, .*, did you mean 'sync'\?\n$/],
    [
      ['bench', 'sync', '--lock-stat'],
      /^lockstorm: --lock-stat and suites exclude each other: give one of them\n$/,
    ],
    [['bench', '--json', '/nowhere/a.json'], /^lockstorm: --json \/nowhere\/a.json: wanted a file/],
  ])('lockstorm %j', async (args, expected) => {
    const { code, stdout, stderr } = await here(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(expected)
  })

  test('nothing runs and nothing is written', async () => {
    const file = join(folder, 'never.json')
    const { code } = await here('storm', '--json', file, '--seed', 'x')
    expect(code).toBe(2)
    expect(existsSync(file)).toBe(false)
  })
})

test.skipIf(!existsSync('/dev/full'))('a full disk is told in one line', async () => {
  const { code, stderr } = await lockstorm('lockdep', 'devlink', '--json', '/dev/full')
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringMatching(/^lockstorm: cannot write \/dev\/full: ENOSPC.*\n$/),
  })
})

test('help and version are results: stdout and exit code 0', async () => {
  const help = await lockstorm('--help')
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toContain('Exit codes: 0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke')
  const storm = await lockstorm('storm', '--help')
  expect(storm.stdout).toContain('Examples:')
  expect(await lockstorm('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  })
})
