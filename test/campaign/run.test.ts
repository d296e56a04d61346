/** Campaigns from the command line: parts, what is there already, what is found, who is killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Turns } from '#lockstorm/campaign/turns'
import type { Merged, UnitResult } from '#lockstorm/results/campaign'
import { interrupted, interruptedAtOnce, lockstorm } from '../setup/cli.ts'
import { folderOf, main, written } from './folder.ts'

vi.setConfig({ testTimeout: 240_000 })
const folder = folderOf('campaign')
const RARE = resolve(import.meta.dirname, 'rare.mjs')
const CHEAP = {
  run: 'litmus SB+plain --rounds 64 --seed {seed}',
  for: { seed: { from: 1, to: 3 } },
  seconds: 1,
}
const CONTROL = {
  run: "litmus SB+plain --rounds 64 --forbid '0:r0=1 1:r0=1,0:r0=0 1:r0=1,0:r0=1 1:r0=0,0:r0=0 1:r0=0'",
  expect: 1,
}

/** A file and where its results go. */
function place(name: string, ...entries: object[]): { file: string; results: string } {
  return { file: written(folderOf(name), ...entries), results: join(folder, name) }
}

const unitFiles = (results: string): string[] =>
  readdirSync(join(results, 'units')).filter((one) => one.endsWith('.json'))

/** Waits for something to come true, however long that takes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(20)
}

test('two parts and their sum; what has a result is not run again; a control must be caught', async () => {
  const { file, results } = place('shards', CHEAP, CONTROL)
  const one = await lockstorm('campaign', 'run', file, '--shard', '1/2', '--results', results)
  expect(one).toMatchObject({ code: 0, stderr: '' })
  const half = unitFiles(results)
  expect(half).toHaveLength(2)
  const early = await lockstorm('campaign', 'merge', results)
  expect(early.code).toBe(3)
  expect(early.stdout).toContain('2 missing')
  const before = half.map((name) => readFileSync(join(results, 'units', name), 'utf8'))
  const junit = join(folder, 'shards.xml')
  const all = await lockstorm('campaign', 'run', file, '--results', results, '--junit', junit)
  expect(all.code).toBe(0)
  expect(half.map((name) => readFileSync(join(results, 'units', name), 'utf8'))).toEqual(before)
  expect(readFileSync(junit, 'utf8')).toContain('tests="4" failures="0"')
  const merged = await lockstorm('campaign', 'merge', results, '--json', '-')
  expect(merged.code).toBe(0)
  expect(JSON.parse(merged.stdout)).toMatchObject({
    units: 4,
    done: 4,
    missing: [],
    findings: [],
    refused: [],
  })
})

test('a bug that one range of seeds shows: found, minimised, and replayed from the sum', async () => {
  const campaign = folderOf('rare')
  writeFileSync(join(campaign, 'rare.mjs'), readFileSync(RARE))
  const file = written(campaign, {
    run: 'explore ./rare.mjs --search random --executions 900 --seed 17',
    cut: 3,
  })
  const results = join(folder, 'rare')
  const refused = await lockstorm('campaign', 'run', file, '--results', results)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('give --allow-files') })
  expect(existsSync(results)).toBe(false)
  const run = await lockstorm('campaign', 'run', file, '--results', results, '--allow-files')
  expect(run.code).toBe(1)
  const all = unitFiles(results).map(
    (name) => JSON.parse(readFileSync(join(results, 'units', name), 'utf8')) as UnitResult,
  )
  expect(all.filter(({ ok }) => !ok).map(({ unit }) => unit.words.at(-1))).toEqual(['19'])
  const { code, stdout } = await lockstorm('campaign', 'merge', results, '--allow-files', '--json', '-')
  expect(code).toBe(1)
  const { findings } = JSON.parse(stdout) as Merged
  expect(findings).toMatchObject([
    {
      title: 'rare: assertion: N was read',
      confirmed: 'confirmed',
      size: [1, expect.any(Number)],
      units: [expect.any(String)],
    },
  ])
  const still = await lockstorm('campaign', 'merge', results, '--json', '-')
  expect((JSON.parse(still.stdout) as Merged).findings[0]?.confirmed).toContain('give --allow-files')
})

test('SIGKILL in mid-unit: its process ends with it, no half result is left, and the next run does the rest', async () => {
  const { file, results } = place(
    'killed',
    { run: 'torture mutex_lock --duration {time}', for: { time: ['1h'] } },
    CHEAP,
  )
  const child = spawn(
    process.execPath,
    [main, 'campaign', 'run', file, '--results', results, '--jobs', '1'],
    { stdio: 'ignore' },
  )
  const gone = once(child, 'close')
  const units = (): string[] =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isUnit(pid, results))
  await until(() => units().length > 0)
  child.kill('SIGKILL')
  await gone
  await until(() => units().length === 0)
  expect(existsSync(join(results, 'units')) ? unitFiles(results) : []).toEqual([])
  const shorter = written(folderOf('rest'), CHEAP)
  expect(await lockstorm('campaign', 'run', shorter, '--results', `${results}-rest`)).toMatchObject({
    code: 0,
  })
})

/** A unit of ours among all processes. */
function isUnit(pid: string, results: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--json\0${results}/work/`)
  } catch {
    return false
  }
}

test('Ctrl-C: 130, and the unit that ran has no result', async () => {
  const { file, results } = place('interrupted', { run: 'torture mutex_lock --duration 1h' })
  const end = await interruptedAtOnce('SIGINT', 'campaign', 'run', file, '--results', results)
  expect(end).toMatchObject({ code: 130, stderr: expect.stringContaining('lockstorm: interrupted') })
})

test('a unit that comes to nothing is told, and leaves the campaign open', async () => {
  const { file, results } = place('broken', { run: 'torture mutex_lock --nwriters_stress 0' })
  const run = await lockstorm('campaign', 'run', file, '--results', results)
  expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('leaves it no task') })
  const merged = await lockstorm('campaign', 'merge', results)
  expect(merged.code).toBe(3)
  expect(merged.stdout).toContain('leaves it no task')
})

test('results of another version are no results of this one', async () => {
  const { file, results } = place('versions', CHEAP)
  expect(await lockstorm('campaign', 'run', file, '--results', results)).toMatchObject({ code: 0 })
  const plan = join(results, 'plan.json')
  writeFileSync(plan, readFileSync(plan, 'utf8').replaceAll(/"version":"[^"]*"/g, '"version":"0.0.1+other"'))
  for (const line of [
    ['merge', results],
    ['run', file, '--results', results],
  ]) {
    const end = await lockstorm('campaign', ...line)
    expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining('version 0.0.1+other') })
  }
})

test('GitHub Actions gets an annotation', async () => {
  vi.stubEnv('GITHUB_ACTIONS', 'true')
  const { stderr } = await interrupted(
    /another writer was inside/,
    'SIGINT',
    'torture',
    'lock_busted',
    '--duration',
    '1h',
  ).finally(() => vi.unstubAllEnvs())
  expect(stderr).toMatch(/^::error title=lock_busted%3A /m)
})

test('what times something runs alone, the others together', async () => {
  const turns = new Turns()
  const running = new Set<string>()
  const seen: string[] = []
  const unit = async (name: string, alone: boolean): Promise<void> => {
    const end = await turns.take(alone)
    running.add(name)
    seen.push([...running].toSorted().join('+'))
    await setTimeout(5)
    running.delete(name)
    end()
  }
  await Promise.all([unit('a', false), unit('b', false), unit('X', true), unit('Y', true), unit('c', false)])
  expect(seen).toEqual(['a', 'a+b', 'X', 'Y', 'c'])
})

test('check:long may run the campaign that it runs', () => {
  const root = join(import.meta.dirname, '../..')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(readFileSync(join(root, 'campaigns/check.json'), 'utf8')).toContain('../examples/')
  expect(scripts['check:long']).toContain('campaigns/check.json --allow-files')
})
