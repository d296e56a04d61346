/** `lockstorm compare`: exit codes, refusals and what is said. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Comparison } from '#lockstorm/compare/index'
import type { StormRun } from '#lockstorm/results/storm'
import { asStormRuns } from '#lockstorm/results/storm_read'
import { storm1, type Changed } from '../compare/recorded.ts'
import { here, lockstormAt } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 60_000 })

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-compare-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

let files = 0
function file(result: object): string {
  const path = join(folder, `${files++}.json`)
  writeFileSync(path, JSON.stringify(result))
  return path
}

interface Row {
  readonly strategy: string
  readonly invariants: { readonly checked: number; readonly broken: readonly string[] }
}
interface Storm {
  readonly plan: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, unknown>>
  readonly results: readonly Row[]
}
const run = (nr: number, changed?: Changed): string => file(storm1(nr, changed))
const storm = (nr: number): Storm => storm1(nr) as unknown as Storm
const some = (first: number, changed?: Changed): string[] => [0, 1, 2, 3].map((i) => run(first + i, changed))
const slower: Changed = (strategy, ms) => (strategy === 'srcu' ? ms * 1.5 : ms)

describe('figures', () => {
  test('equal runs: exit 0, and every row says so', async () => {
    const { code, stdout } = await here('compare', ...some(0), '--', ...some(4))
    expect(code).toBe(0)
    expect(stdout).toContain('0 slower, 0 faster')
    expect(stdout).toContain('geometric mean')
  })

  test('a strategy that is half as slow again: exit 1, in JSON too; the other way round it is faster', async () => {
    const json = join(folder, 'out.json')
    const [was, is] = [some(0), some(4, slower)]
    const { code, stdout } = await here('compare', ...was, '--', ...is, '--filter', 'sleep', '--json', json)
    expect(code).toBe(1)
    expect(stdout).toMatch(/srcu .* slower/)
    const found = JSON.parse(readFileSync(json, 'utf8')) as Comparison
    const row = found.cells.find(({ cell }) => cell.includes('srcu'))
    expect(row).toMatchObject({
      verdict: 'slower',
      against: 'global',
      cell: ['vendor sleep:1ms', '8 CPUs', 'srcu'],
    })
    expect(row?.low).toBeLessThan(row?.change ?? 0)
    expect(row?.high).toBeGreaterThan(row?.change ?? 0)
    expect(found.cells.map(({ cell }) => cell[0])).not.toContain('vendor none')
    const back = await here('compare', ...is, '--', ...was)
    expect(back.code).toBe(0)
    expect(back.stdout).toMatch(/srcu .* faster/)
  })

  test('the baseline is judged against the floor, and so is a storm of one strategy', async () => {
    const half: Changed = (strategy, ms) => (strategy === 'global' ? ms * 1.6 : ms)
    const only = (nr: number, changed?: Changed): string => {
      const all = storm1(nr, changed) as unknown as Storm
      const results = all.results.filter(({ strategy }) => ['global', 'floor'].includes(strategy))
      return file({ ...all, plan: { ...all.plan, strategies: ['global'] }, results })
    }
    const sides = [[0, 1, 2, 3].map((nr) => only(nr)), [4, 5, 6, 7].map((nr) => only(nr, half))] as const
    const { code, stdout } = await here('compare', ...sides[0], '--', ...sides[1])
    expect(code).toBe(1)
    expect(stdout).toMatch(/sleep:1ms, 8 CPUs, global +floor .* slower/)
  })

  test('Markdown is a table that no page breaks', async () => {
    const { stdout } = await lockstormAt(60, 'compare', run(0), run(1), '--format', 'md')
    expect(stdout).toMatch(/^\| what \| × \|.*\| time is \|$/m)
  })

  test('other machines and few runs are noted', async () => {
    const other = file({ ...storm(1), env: { ...storm(1).env, cores: 64 } })
    const { code, stdout } = await here('compare', run(0), other)
    expect(code).toBe(0)
    expect(stdout).toMatch(/another machine: cores \d+ against 64/)
    expect(stdout).toContain('fewer than 4 runs a side')
    const strict = await here('compare', run(0), other, '--same-machine')
    expect(strict.code).toBe(2)
    expect(strict.stderr).toContain('cores')
  })

  test('runs of different priorities are noted, runs of files that do not say are not', async () => {
    const ranked = (nr: number, policy: string, realTime: number): string => {
      const priority = { policy, nice: 0, realTime, mayRise: true }
      return file({ ...storm(nr), env: { ...storm(nr).env, priority } })
    }
    const { stdout } = await here('compare', ranked(0, 'other', 0), ranked(1, 'rr', 10))
    expect(stdout).toContain('the runs had different priorities, nice 0 against real-time (rr 10)')
    const equal = await here('compare', ranked(0, 'rr', 10), ranked(1, 'rr', 10))
    expect(equal.stdout).not.toContain('priorities')
    const silent = await here('compare', ranked(0, 'rr', 10), run(1))
    expect(silent.stdout).not.toContain('priorities')
  })

  test('--self counts the false alarms', async () => {
    const { code, stdout } = await here('compare', '--self', run(0), run(1), run(2))
    expect(code).toBe(0)
    expect(stdout).toMatch(/1 against 1 +3 +0 /)
  })

  test('--self leaves out what was not steady, and says so', async () => {
    const cold = (nr: number): string => {
      const [all] = asStormRuns(storm1(nr)) as [StormRun]
      return file({ ...all, results: all.results.map((row) => ({ ...row, unsteady: 'too few rounds' })) })
    }
    const { code, stdout } = await here('compare', '--self', run(0), run(1), cold(2))
    expect(code).toBe(0)
    expect(stdout).toMatch(/1 against 1 +1 +2 +0 \(0\.0 %\)/)
    const none = await here('compare', '--self', cold(0), cold(1))
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('no row is steady in two of the runs')
  })
})

describe('what is broken', () => {
  const broken = (nr: number): string => {
    const all = storm(nr)
    const bad = { checked: 9, broken: ['two devices of one name'] }
    const results = all.results.map((row) => (row.strategy === 'srcu' ? { ...row, invariants: bad } : row))
    return file({ ...all, results })
  }

  test('an invariant that is broken on the second side only is a finding', async () => {
    const { code, stdout } = await here('compare', run(0), broken(1))
    expect(code).toBe(1)
    expect(stdout).toContain('invariants of srcu: two devices of one name')
    expect((await here('compare', broken(0), broken(1))).code).toBe(0)
    expect((await here('compare', broken(0), run(1))).code).toBe(0)
  })

  const torture = (verdicts: Readonly<Record<string, string>>, rate = 1000): string => {
    const results = Object.entries(verdicts).map(([type, verdict]) => ({
      type,
      verdict,
      cause: '',
      fairness: [{ counter: 'ops' }],
      perSecond: { ops: type === 'spin_lock' ? 1000 : rate },
    }))
    return file({
      schema: 'lockstorm/torture@1',
      env: storm(0).env,
      params: { n: 1 },
      checked: false,
      results,
    })
  }

  test('so is a verdict of a torture test that changed', async () => {
    const [good, bad] = ['SUCCESS', 'FAILURE'].map((text) => torture({ mutex_lock: text })) as [
      string,
      string,
    ]
    expect((await here('compare', good, bad)).code).toBe(1)
    expect((await here('compare', bad, good)).stdout).toContain(
      'CHANGED mutex_lock: SUCCESS; it was: FAILURE',
    )
    expect((await here('compare', good, torture({ mutex_lock: 'SUCCESS' }))).code).toBe(0)
  })

  test('rates of torture tests are judged beside a named one, of four runs', async () => {
    const side = (rate: number): string[] =>
      [0, 1, 2, 3].map((i) => torture({ spin_lock: 'SUCCESS', mutex_lock: 'SUCCESS' }, rate + i))
    const words = ['compare', ...side(1000), '--', ...side(700)]
    const { code, stdout } = await here(...words, '--baseline', 'spin_lock')
    expect(code).toBe(1)
    expect(stdout).toMatch(/mutex_lock +spin_lock .* slower/)
    expect((await here(...words)).code).toBe(0)
  })

  test('a race that comes out otherwise is a finding', async () => {
    const matrix = (outcome: string): string => {
      const result = [{ scenario: 'problem-5', strategy: 'global', cell: { outcome, seenBy: [] } }]
      return file({ schema: 'lockstorm/scenario-matrix@1', env: storm(0).env, result })
    }
    const { code, stdout } = await here('compare', matrix('does not'), matrix('happens'))
    expect(code).toBe(1)
    expect(stdout).toContain('problem-5 under global')
  })

  test('bench rows are judged against the first of their case', async () => {
    const bench = (factor: number): string => {
      const samples = Array.from({ length: 15 }, (_, i) => 100 + i)
      const row = { id: 'mutex/w=1', workers: 1, nsPerOp: 107, ratio: 1 }
      const measured = [
        { ...row, contender: 'bare Atomics', samples },
        { ...row, contender: 'ours', samples: samples.map((ns, i) => ns * factor * (1 + (i % 3) / 100)) },
      ]
      const results = [{ suite: 'sync', measured, fairness: [], latency: [], blocked: [], skipped: [] }]
      return file({ schema: 'lockstorm/bench@1', env: storm(0).env, effort: { rounds: 15 }, results })
    }
    const { code, stdout } = await here('compare', bench(1.1), bench(1.5))
    expect(code).toBe(1)
    expect(stdout).toMatch(/mutex\/w=1, ours +bare Atomics .* slower/)
    expect((await here('compare', bench(1.1), bench(1.11))).code).toBe(0)
  })
})

describe('refusals, one line and exit 2', () => {
  const plan = (changes: object): string => file({ ...storm(1), plan: { ...storm(1).plan, ...changes } })
  const bare = (): string => {
    const results = storm(1).results.filter(({ strategy }) => strategy === 'srcu')
    return file({ ...storm(1), plan: { ...storm(1).plan, baseline: 'srcu' }, results })
  }
  test.each<readonly [string, () => string[], RegExp]>([
    ['no file', () => [], /two sides/],
    ['one file', () => [run(0)], /two sides/],
    ['three files', () => [run(0), run(1), run(2)], /put -- between/],
    ['an empty side', () => [run(0), '--'], /two sides/],
    ['two partings', () => [run(0), '--', run(1), '--'], /-- *: it is given twice|--: it is given twice/],
    ['no such file', () => [run(0), join(folder, 'none.json')], /none\.json/],
    ['no result', () => [run(0), file({ a: 1 })], /it is no result of lockstorm/],
    [
      'nothing to compare',
      () => [run(0), file({ schema: 'lockstorm/scenario-list@1' })],
      /of which nothing is compared/,
    ],
    ['other CPUs', () => [run(0), plan({ cpus: [4] })], /--cpus 8 against 4/],
    ['another phase', () => [run(0), plan({ phase: 'churn' })], /--phase create-remove against churn/],
    ['another kind', () => [run(0), file({ schema: 'lockstorm/litmus@1', results: [] })], /litmus/],
    ['no baseline of that name', () => [run(0), run(1), '--baseline', 'flor'], /--baseline flor/],
    ['nothing left', () => [run(0), run(1), '--filter', 'zzz'], /--filter zzz leaves nothing/],
    ['nothing that could be judged', () => [bare(), bare()], /nothing can be judged.*no baseline/],
    ['one run with itself', () => ['--self', run(0)], /two equal runs/],
  ])('%s', async (_, words, says) => {
    const { code, stdout, stderr } = await here('compare', ...words())
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(says)
    expect(stderr.trim().split('\n').length).toBe(1)
  })

  test('a cell that was not steady is not judged', async () => {
    const all = storm(1)
    const results = all.results.map((row) => ({
      ...row,
      rounds: Array.from({ length: 25 }, (_, i) => i),
      unsteady: null,
    }))
    const cold = results.map((row) => ({
      ...row,
      unsteady: row.strategy === 'srcu' ? 'still warming up' : null,
    }))
    const [a, b] = [results, cold].map((rows) =>
      file({
        ...all,
        schema: 'lockstorm/storm@2',
        env: { ...all.env, load: { before: 1, after: 1 }, steal: 0 },
        results: rows,
      }),
    )
    const { code, stdout } = await here('compare', a as string, b as string)
    expect(code).toBe(0)
    expect(stdout).toMatch(/not judged: .*srcu.*: srcu was not steady: still warming up/)
  })
})
