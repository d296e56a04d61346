import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { VfioPlan, VfioRun } from '#lockstorm/results/index'
import { runVfioStorm } from '#lockstorm/storm/workloads/vfio/index'
import { here, lockstorm } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const PLAN: VfioPlan = {
  command: 'storm',
  workload: 'vfio',
  strategies: ['modern'],
  cpus: 3,
  parents: 2,
  devices: 6,
  durationMs: 300,
  control: 'none',
  seed: 1,
}
const timeout = 300_000

function count(run: VfioRun, operation: string): number {
  return run.results[0]?.operations.find(({ name }) => name === operation)?.ok ?? 0
}

describe('a VFIO storm', () => {
  test(
    'of users, hot-unplug and mode changes leaves everything whole under modern',
    { timeout },
    async () => {
      // Whether a user gets as far as a device is chance on a busy computer.
      for (let i = 0; i < 50; i++) {
        const run = await runVfioStorm({ ...PLAN, seed: i })
        expect({ verdict: run.verdict, failure: run.failure }).toEqual({ verdict: 'ok', failure: undefined })
        expect(run.results).toMatchObject([{ invariants: { broken: [] }, takenAway: 0 }])
        expect(count(run, 'close')).toBe(count(run, 'VFIO_GROUP_GET_DEVICE_FD'))
        if (count(run, 'close') > 0) return
      }
      throw new Error('no user ever had a device open')
    },
  )

  test.each(['leak', 'early-put'] as const)('catches users that %s', { timeout }, async (control) => {
    let verdict = 'ok'
    for (let i = 0; i < 50 && verdict === 'ok'; i++) {
      const run = await runVfioStorm({ ...PLAN, control, seed: i })
      verdict = run.verdict
    }
    expect(verdict).not.toBe('ok')
  })
})

describe('lockstorm storm --workload vfio', () => {
  test('prints the operations by errno and writes the run', { timeout }, async () => {
    const file = join(folder, 'vfio.json')
    const args = ['--cpus', '2', '--parents', '2', '--devices', '4', '--duration', '200ms', '--json', file]
    const { code, stdout } = await lockstorm('storm', '--workload', 'vfio', ...args)
    expect({ code, found: stdout.includes('OK: ') }).toEqual({ code: 0, found: true })
    const run = JSON.parse(readFileSync(file, 'utf8')) as VfioRun
    expect(run).toMatchObject({ schema: 'lockstorm/vfio@2', verdict: 'ok' })
    expect(run.results[0]?.operations).toHaveLength(15)
  })

  test.each([
    [['--strategies', 'global'], '--strategies'],
    [['--cpus', '2,4'], '--cpus'],
    [['--control', 'nobody'], '--control'],
    [['--fence', 'srcu'], '--fence'],
    [['--rounds', '3'], '--rounds'],
  ])('refuses %j', async (args, flag) => {
    const { code, stderr } = await here('storm', '--workload', 'vfio', ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(flag)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
