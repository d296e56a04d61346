import { expect, test } from 'vitest'
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import type * as Bench from '../../bench/index.ts'
import type * as Crews from '../../bench/crew.ts'
import type * as LockStats from '../../bench/lock_stat.ts'
import type * as Targets from '../../bench/targets.ts'

const dist = (file: string): string =>
  pathToFileURL(resolve(import.meta.dirname, `../../dist/bench/${file}`)).href
const { SUITES, TIMED_SUITES, EFFORTS, runSuite } = (await import(dist('index.js'))) as typeof Bench
const { judge, TARGETS } = (await import(dist('targets.js'))) as typeof Targets
const { Crew } = (await import(dist('crew.js'))) as typeof Crews

test.each(Object.keys(SUITES))(
  'the suite %s runs, and every row is measured or left out with a reason',
  async (suite) => {
    const { measured, skipped } = await runSuite(suite, EFFORTS.quick, { progress: () => {} })
    const rows = (SUITES[suite] ?? []).flatMap(({ rows: list, workers }) =>
      list.flatMap(() => [...new Set(workers.map((count) => Math.min(count, EFFORTS.quick.workers)))]),
    )
    expect(measured.length).toBeGreaterThan(0)
    expect(measured.every((row) => row.nsPerOp > 0 && row.ratio > 0)).toBe(true)
    const left = new Set(skipped.map((skip) => skip.reason))
    expect(measured.length < rows.length ? left.size > 0 : left.size === 0).toBe(true)
  },
  120_000,
)

test.each(Object.keys(TIMED_SUITES))(
  'the suite %s runs, and every row is measured or left out with a reason',
  async (suite) => {
    const { fairness, latency, blocked, skipped } = await runSuite(suite, EFFORTS.quick, {
      progress: () => {},
    })
    const rows = (TIMED_SUITES[suite] ?? []).flatMap((one) => one.rows)
    const ids = [...fairness, ...latency, ...blocked].map(({ id, contender }) => `${id} ${contender}`)
    expect(ids).toEqual([...new Set(ids)])
    const measured = fairness.length + latency.length + blocked.length
    expect(measured).toBeGreaterThan(0)
    expect(fairness.every((row) => row.opsPerSecond > 0 && row.longestWaitNs > 0)).toBe(true)
    expect(latency.every(({ meanNs, longestNs }) => meanNs > 0 && longestNs > 0)).toBe(true)
    expect(skipped.every(({ reason }) => reason !== '')).toBe(true)
    expect(measured < rows.length ? skipped.length : 1).toBeGreaterThan(0)
  },
  120_000,
)

test('a section that does not exclude is caught by the count', async () => {
  const crew = await Crew.start('atomics', 'empty', 2)
  const rounds = async (): Promise<void> => {
    // On a busy machine a round may pass without any overlap.
    for (let i = 0; i < 50; i++) await crew.round(2, 1_000_000, 0)
  }
  try {
    await expect(rounds()).rejects.toThrow('the section let several in')
  } finally {
    await crew.stop()
  }
})

/** One row for everything that the suites measure, all figures the same. */
function rowsOf(figure: number): Targets.Rows {
  const hold = (holdNs = 0): string => (holdNs > 0 ? `,hold=${holdNs}ns` : '')
  const sync = (SUITES['sync'] ?? []).flatMap(({ subject, rows, workers, holdNs }) =>
    workers.flatMap((count) =>
      rows.map((row) => ({ id: `${subject}/w=${count}${hold(holdNs)}`, row, workers: count })),
    ),
  )
  const timed = Object.values(TIMED_SUITES)
    .flat()
    .flatMap(({ subject, rows, workers, holdNs }) =>
      rows.map((row) => ({ id: `${subject}/w=${workers}${hold(holdNs)}`, row, workers })),
    )
  const names: Readonly<Record<string, string>> = { pthread: 'pthread_mutex (C)' }
  const nameOf = ({ label, adapter }: (typeof sync)[0]['row']): string => label ?? names[adapter] ?? adapter
  return {
    measured: sync.map(({ id, row, workers }) => ({
      id,
      contender: nameOf(row),
      workers,
      nsPerOp: figure,
      madNs: 0,
      ratio: figure,
      toFewest: figure,
      spread: 1,
      rounds: 1,
    })),
    fairness: timed.map(({ id, row, workers }) => ({
      id,
      contender: nameOf(row),
      workers,
      seconds: 1,
      opsPerSecond: 1,
      slowestToFastest: figure,
      fewestPerSecond: 1,
      longestWaitNs: 1,
      repetitions: 1,
    })),
    blocked: timed.map(({ id, row }) => ({
      id,
      contender: nameOf(row),
      waiters: 7,
      seconds: 1,
      cpuMsPerSecond: figure,
    })),
  }
}

test('every target finds its figure among what the suites measure, and is judged by it', () => {
  const text = TARGETS.map((one) => one.text)
  expect(judge(TARGETS, rowsOf(1)).map((one) => one.text)).toEqual(text)
  const bad = judge(TARGETS, rowsOf(70)).filter(({ met }) => !met)
  expect(bad.map((one) => one.text)).toContain('mutex, over bare Atomics')
  expect(judge(TARGETS, { measured: [], fairness: [], blocked: [] })).toEqual([])
})

test('the detectors have their cost, and lock_stat counts every pair', async () => {
  const { benchLockStat } = (await import(dist('lock_stat.js'))) as typeof LockStats
  const { costs, tables } = await benchLockStat({ ops: 200, repeats: 1 }, () => {})
  expect(costs.map(({ build }) => build)).toEqual([
    'fast build',
    'checked build',
    '+ lock_stat',
    '+ lockdep',
    '+ both',
  ])
  expect(costs.flatMap(({ nsPerPair }) => Object.values(nsPerPair)).every((ns) => ns > 0)).toBe(true)
  // Each worker takes each lock 22 times, the first two to warm up.
  const mutexes = tables.map(({ rows }) => rows.find(({ name }) => name === 'mutex')?.write.hold.nr)
  expect(mutexes).toEqual([2 * 22, 8 * 22])
}, 120_000)

test('a suite that is stopped has the rounds that were whole', async () => {
  let asked = 0
  const rounds = new Set<number>()
  const running = { progress: () => {}, stop: () => ++asked > 8 }
  const { measured } = await runSuite('access', EFFORTS.full, running)
  for (const row of measured) rounds.add(row.rounds)
  expect(measured.length).toBeGreaterThan(0)
  expect(Math.max(...rounds)).toBeLessThan(EFFORTS.full.rounds)
})
