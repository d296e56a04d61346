import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { here, lockstorm } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-explore-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a control that fails as expected: ladder, replay string, exit code 0, JSON', async () => {
  const json = join(folder, 'run.json')
  const { code, stdout, stderr } = await lockstorm('explore', 'lost-wakeup', '--jobs', '1', '--json', json)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('cpu-1')
  expect(stdout).toMatch(/replay 'lost-wakeup@/)
  expect(stdout).toContain('as expected')
  const { schema, result } = JSON.parse(readFileSync(json, 'utf8')) as {
    schema: string
    result: { model: string; failure: { replay: string } }[]
  }
  expect(schema).toBe('lockstorm/explore-run@1')
  const { replay } = result[0]!.failure
  const again = await lockstorm('explore', 'replay', replay, '--repeat', '20')
  expect(again.code).toBe(0)
  expect(again.stdout).toContain('20 of 20 runs are identical')
})

test('a model that holds is exhausted', async () => {
  const { code, stdout } = await here('explore', 'completion', '--search', 'dpor')
  expect(code).toBe(0)
  expect(stdout).toMatch(/no failure in \d+ executions, exhausted/)
})

test('--polls: a lock that polls once before it sleeps is exhausted too, in more executions', async () => {
  const executions = async (...more: string[]): Promise<number> => {
    const { code, stdout } = await here('explore', 'completion', '--search', 'dpor', ...more)
    expect(code).toBe(0)
    return Number(/no failure in (\d+) executions, exhausted/.exec(stdout)?.[1])
  }
  expect(await executions('--polls', '1')).toBeGreaterThan(await executions())
})

test('--polls goes into the replay string’s command, which fails alike', async () => {
  const { stdout } = await here('explore', 'lost-wakeup', '--jobs', '1', '--polls', '1')
  const [, replay = ''] = /replay '([^']+)' --polls 1 /.exec(stdout) ?? []
  const again = await here('explore', 'replay', replay, '--polls', '1', '--repeat', '3')
  expect(again.stdout).toContain('3 of 3 runs are identical')
})

test('the fuzzer runs from the command line', async () => {
  const { code, stdout } = await here('explore', 'fuzz', '--programs', '8', '--seed', '5', '--polls', '1')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^8 random programs: .* 0 mismatches/)
})

test('--lockdep: a report is a failure, printed below the ladder and kept; without it nobody notices', async () => {
  const json = join(folder, 'lockdep.json')
  const model = 'lockdep-order-unwatched'
  const watched = await here('explore', model, '--lockdep', '--jobs', '1', '--json', json)
  expect(watched.code).toBe(1)
  expect(watched.stdout).toContain('WARNING: possible circular locking dependency detected\n')
  // The place that took the lock, not what lies between it and lockdep.
  expect(watched.stdout).toContain('(lock_b){+.+.}-{3:3}, at: both [oracles]\n')
  expect(watched.stdout).toContain('NOT AS EXPECTED: ')
  const { result } = JSON.parse(readFileSync(json, 'utf8')) as {
    result: { failure: { kind: string; report: string; replay: string } }[]
  }
  const { kind, report, replay } = result[0]!.failure
  expect(kind).toBe('detector report')
  expect(report).toContain('WARNING: possible circular locking dependency detected\n')

  const again = await here('explore', 'replay', replay, '--lockdep', '--engine', 'threads', '--repeat', '3')
  expect(again.stdout).toContain('3 of 3 runs are identical')
  expect(again.stdout).toContain('on 2 real workers: detector report in 3 of 3 runs')

  const alone = await here('explore', model, '--jobs', '1', '--json', json)
  expect(alone.code).toBe(0)
  expect(alone.stdout).not.toContain('WARNING:')
})

test('--lockdep: silent where locks are in order, on every core', async () => {
  const args = ['explore', 'mutex-timeout', '--lockdep', '--search', 'dfs', '--bound', '1', '--jobs', '2']
  const { code, stdout } = await here(...args)
  expect(code).toBe(0)
  expect(stdout).toContain('mutex-timeout: no failure in ')
})

const BAD = [
  [['nope'], /unknown model 'nope'/],
  [['mutx'], /did you mean 'mutex'/],
  [['mutex', '--bound', '2'], /--bound goes with --search dfs/],
  [['mutex', '--budget', '7'], /unknown option --budget: it is --executions now/],
  [['--matrix'], /unknown option --matrix: it is `explore matrix` now/],
  [['mutex', '--write', 'x'], /unknown option '--write'/],
  [['all', 'mutex'], /all: it takes no further names/],
  [['mutex', 'mutex'], /mutex: it is given twice/],
  [['mutex', 'witness'], /witness comes right behind explore/],
  [['--seconds', '5'], /--seconds goes with names of models/],
  [['mutex', '--seconds', '5', '--duration', '5s'], /--seconds and --duration exclude each other/],
  [['--lockdep'], /--lockdep goes with names of models/],
  [['fuzz', '--search', 'dfs'], /unknown option '--search'/],
  [['fuzz', 'mutex'], /too many/],
  [['replay'], /explore replay: name a string/],
  [['replay', 'abba'], /'abba' is not a replay string/],
  [['replay', 'nope@1>1'], /unknown model 'nope'/],
  [['replay', 'abba@1>3'], /abba has no cpu-3/],
  [['replay', 'abba@1>1,0>0'], /is not step>cpu, in order/],
  [['replay', 'abba@1>1,4>0,5>1,6>0,7>1'], /does not fit the code/],
  [['replay', 'abba@99999>1'], /replay abba@99999>1: the schedule does not fit the code/],
  [['replay', 'abba@1>1,60>0'], /does not fit the code/],
  [['witness'], /explore witness: name a model, or all/],
  [['matrix', '--lockdep', '--write', 'x.md'], /--write and --lockdep exclude each other/],
] as const

test.for(BAD)('bad usage: %j', async ([args, message]) => {
  const { code, stdout, stderr } = await here('explore', ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr.trimEnd()).not.toContain('\n')
})

test('from outside bad usage is one line and exit code 2', async () => {
  const { code, stdout, stderr } = await lockstorm('explore', 'mutx')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^lockstorm: unknown model 'mutx', did you mean 'mutex'.*\n$/)
})

test('the programs of a lock, two at a time: the same verdicts in the same order, up to the first failure', async () => {
  const file = join(import.meta.dirname, '../../examples/lost_wakeup.js')
  const run = async (jobs: string): Promise<unknown> => {
    const { code, stdout } = await here('explore', file, '--executions', '200', '--jobs', jobs)
    return { code, told: stdout.match(/^\S+: .* threads? .*$|replay '[^']+'/gm) }
  }
  const one = await run('1')
  expect(one).toMatchObject({ code: 1 })
  expect(await run('2')).toEqual(one)
})
