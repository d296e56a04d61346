/**
 * One contender that fails must not end the others' run, at whatever stage it fails.
 */
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Row } from '../../bench/case.ts'
import { bodyModule } from '../setup/bodies.ts'

const dist = (file: string): string =>
  pathToFileURL(resolve(import.meta.dirname, `../../dist/bench/${file}`)).href
const { EFFORTS } = (await import(dist('index.js'))) as typeof import('../../bench/index.ts')
const { runCase } = (await import(dist('run.js'))) as typeof import('../../bench/run.ts')
const { runTimed } = (await import(dist('shares.js'))) as typeof import('../../bench/shares.ts')

const effort = { ...EFFORTS.quick, patienceMs: 3_000 }
const row = (variant: string): Row => ({ adapter: 'atomics', variant, label: variant })
/** The broken one between two that work. */
const rows = (query: string): Row[] => [
  row('cas-cas'),
  { adapter: `${bodyModule('bench_broken').href}?${query}`, variant: '', label: 'broken' },
  row('cas-store'),
]
const never = (): boolean => false
const silent = (): void => {}

const STAGES: readonly (readonly [stage: string, reason: string])[] = [
  ['absent', 'out of order today'],
  ['import', 'does not load: out of order today'],
  ['unavailable', 'does not start in spin: out of order today'],
  ['share', 'does not start in spin: out of order today'],
  ['bind', 'does not start in spin: out of order today'],
  ['first', 'failed in spin: out of order today'],
  ['later', 'failed in spin: out of order today'],
  ['text', 'failed in spin: out of order today'],
  ['rejects', 'failed in spin: out of order today'],
  ['exit', 'failed in spin: worker 1 exited with code 7'],
  ['hang', 'failed in spin: 1 of 2 workers are done, and the others have stood still for 3 s'],
]
/** The one that others wait for may be the one that stands still. */
const orNobody = (reason: string): unknown =>
  reason.includes('stood still')
    ? expect.stringMatching(/^failed in spin: [01] of 2 workers are done/)
    : reason

test.each(STAGES)(
  'a contender that fails at the stage %s is left out of a case',
  async (stage, reason) => {
    const one = { subject: 'spin', rows: rows(`stage=${stage}`), workers: [2] }
    const { measured, skipped } = await runCase(one, effort, silent, never)
    expect(measured.map(({ contender, ratio }) => [contender, ratio > 0])).toEqual([
      ['cas-cas', true],
      ['cas-store', true],
    ])
    expect(skipped).toEqual([{ contender: 'broken', reason: orNobody(reason) }])
  },
  60_000,
)

test('where workers are started anew, what fails is left out once, and the others have all rounds', async () => {
  const one = { subject: 'alone', rows: rows('stage=bind'), workers: [1] }
  const { measured, skipped } = await runCase(one, { ...effort, rounds: 5, starts: 3 }, silent, never)
  expect(measured.map(({ contender, rounds }) => [contender, rounds])).toEqual([
    ['cas-cas', 5 * effort.samples],
    ['cas-store', 5 * effort.samples],
  ])
  expect(skipped).toEqual([{ contender: 'broken', reason: 'does not start in alone: out of order today' }])
}, 60_000)

test.each(STAGES.filter(([stage]) => ['bind', 'later', 'rejects', 'hang'].includes(stage)))(
  'and of a run for a time: %s',
  async (stage, reason) => {
    // Warming up and the run are for a time, in which a busy computer may make one turn each.
    const broken = rows(`stage=${stage}&from=1`)
    const one = { kind: 'fairness', subject: 'spin', rows: broken, workers: 2 } as const
    const { fairness, skipped } = await runTimed(one, effort, silent, never)
    expect(fairness.map(({ contender }) => contender)).toEqual(['cas-cas', 'cas-store'])
    expect(skipped).toEqual([{ contender: 'broken', reason: orNobody(reason) }])
  },
  60_000,
)

test('what is ours may not fail', async () => {
  const one = { subject: 'spin', rows: rows('stage=bind&ours'), workers: [2] }
  await expect(runCase(one, effort, silent, never)).rejects.toThrow('out of order today')
})
