import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { UnplugPlan, UnplugRun } from '#lockstorm/results/index'
import { runUnplug, slicesOf } from '#lockstorm/storm/workloads/unplug/index'
import { here, lockstorm } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const PLAN: UnplugPlan = {
  command: 'storm',
  workload: 'unplug',
  fences: ['mutex', 'wait-close'],
  cpus: 3,
  sleepers: 3,
  durationMs: 400,
  patienceMs: 30,
  seed: 1,
}
const UNPLUG = ['storm', '--workload', 'unplug', '--cpus', '3', '--sleepers', '2', '--patience', '30ms']
const timeout = 120_000

describe('an unplug storm', () => {
  test(
    'finds nothing under fences that wake nobody, and lets their sleepers go in the end',
    { timeout },
    async () => {
      const run = await runUnplug(PLAN)
      expect({ verdict: run.verdict, failure: run.failure }).toEqual({ verdict: 'ok', failure: undefined })
      for (const one of run.results) {
        expect(one).toMatchObject({ late: 0, unmapped: 0, broken: [], woken: 0 })
        expect(one.unplugs).toBeGreaterThan(0)
        const { idleNs, loadedNs, pacedNs, sleepersNs, strangerNs } = one
        const counts = [idleNs, loadedNs, pacedNs, sleepersNs, strangerNs].map(({ count }) => count)
        expect(counts.reduce((sum, count) => sum + count)).toBe(one.unplugs)
        const { idle, loaded, paced, sleepers } = one.closeNs
        expect([idle, loaded, paced, sleepers].map(({ count }) => count)).toEqual(
          [one.idleNs, one.loadedNs, one.pacedNs, one.sleepersNs].map(({ count }) => count),
        )
      }
    },
  )

  test('leaves nobody waiting under fences that wake, however patient', { timeout }, async () => {
    const fences = ['hard', 'rwsem', 'srcu', 'percpu', 'revocable-3', 'cdev-kill']
    const run = await runUnplug({ ...PLAN, fences, patienceMs: 600_000 })
    expect({ verdict: run.verdict, failure: run.failure }).toEqual({ verdict: 'ok', failure: undefined })
    expect(run.results.map(({ fence, late, unmapped, left }) => ({ fence, late, unmapped, left }))).toEqual(
      fences.map((fence) => ({ fence, late: 0, unmapped: 0, left: 0 })),
    )
  })

  test('catches the bare flag', { timeout }, async () => {
    // How often it happens is chance: as many storms as it takes.
    for (let i = 0; i < 50; i++) {
      const run = await runUnplug({ ...PLAN, fences: ['flag'], sleepers: 0 })
      if (run.results[0]?.unmapped === 0) continue
      expect(run.verdict).toBe('finding')
      expect(run.results[0]?.late).toBeGreaterThan(0)
      return
    }
    expect.unreachable()
  })

  test('has one slice without users, one beside a stranger, then slices of five seconds at most, and sleepers in the last quarter', () => {
    const slices = slicesOf({ ...PLAN, durationMs: 24_000 })
    expect(slices.map(({ users, sleepers, situation }) => [users, sleepers, situation])).toEqual([
      [0, 0, 0],
      [1, 0, 4],
      ...Array.from({ length: 3 }, () => [3, 0, 1]),
      ...Array.from({ length: 2 }, () => [3, 0, 2]),
      ...Array.from({ length: 2 }, () => [3, 3, 3]),
    ])
    expect(slicesOf({ ...PLAN, sleepers: 0 }).map(({ ms }) => ms)).toEqual([
      expect.any(Number),
      expect.any(Number),
      400,
    ])
  })
})

describe('lockstorm storm --workload unplug', () => {
  test('prints tables, writes its JSON and its page', { timeout }, async () => {
    const [json, page] = [join(folder, 'run.json'), join(folder, 'page.md')]
    const flags = ['--fence', 'srcu,rwsem', '--duration', '200ms', '--json', json, '--write', page]
    const { code, stdout, stderr } = await lockstorm(...UNPLUG, ...flags)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('OK: no operation ran after any fence')
    const run = JSON.parse(readFileSync(json, 'utf8')) as UnplugRun
    expect(run).toMatchObject({ schema: 'lockstorm/unplug@1', verdict: 'ok' })
    expect(run.results.map(({ fence }) => fence)).toEqual(['rwsem', 'srcu'])
    expect(readFileSync(page, 'utf8')).toContain('| `srcu` (uverbs, disassociate) |')
  })

  test.each([
    [['--fence', 'rwsm'], "--fence rwsm: wanted all, or any of .*did you mean 'rwsem'"],
    [['--duration', 'long'], '--duration long: wanted a time'],
    [['--seed', '-1'], '--seed -1: wanted a whole number from 0 to'],
    [['--parents', '3'], '--parents goes with --workload mdev'],
    [['--json', join(folder, 'none', 'x')], '--json .*there is no directory'],
  ])('refuses %j in one line', async (flags, complaint) => {
    const { code, stdout, stderr } = await here(...UNPLUG, ...flags)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^lockstorm: ${complaint}.*\n$`))
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  test('is named by the flags of the other workload', async () => {
    const { code, stderr } = await here('storm', '--sleepers', '3')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'lockstorm: --sleepers goes with --workload unplug\n',
    })
  })
})
