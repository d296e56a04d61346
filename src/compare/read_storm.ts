/**
 * A storm of mdevs as compare sees it: wall time of each strategy beside that of the baseline in the same round, and of the baseline
 * beside that of the floor.
 */
import { sameRounds } from '../results/same_rounds.ts'
import { FLOOR, type StormPlan, type StormResult, type StormRun } from '../results/storm.ts'
import type { Run, Said, Series } from './run.ts'

/** Of the plan, what makes a different storm. By the name of its flag. */
function planOf(plan: StormPlan, isOld: boolean, named: string | undefined): Run['plan'] {
  const { rounds: _rounds, seed: _seed, budgetS: _budget, arenaBytes: _arena, ...rest } = plan
  const { command: _command, slow: _slow, waits: _waits, baseline, warmup, vendors, holds, ...more } = rest
  return {
    ...more,
    vendor: vendors.map(({ label }) => label),
    hold: (holds ?? []).map(({ lock, ns }) => `${lock}=${ns}ns`),
    // Version 1 knew no warm-up until rounds are steady: it says nothing of what it would have been.
    ...(!isOld && { warmup: warmup ?? 'until steady' }),
    ...(named === undefined && { baseline }),
  }
}

/** Rows of the same vendor cost and CPUs. */
const isBeside = (a: StormResult, b: StormResult): boolean => a.vendor === b.vendor && a.cpus === b.cpus

function seriesOf(row: StormResult, results: readonly StormResult[], baseline: string): Series {
  const against = row.strategy === baseline ? FLOOR : baseline
  const base = results.find((one) => one.strategy === against && isBeside(one, row))
  const cell = [`vendor ${row.vendor}`, `${row.cpus} CPUs`, row.strategy]
  const values = row.wallMs.samples
  if (base === undefined) return { cell, unit: 'ms', values }
  const both = sameRounds(row, base)
  const cold = [row, base].find(({ unsteady }) => unsteady !== null)
  const why = cold === undefined ? {} : { unfit: `${cold.strategy} was not steady: ${cold.unsteady}` }
  return {
    cell,
    unit: 'ms',
    values: both.map(([mine]) => mine),
    against,
    base: both.map(([, theirs]) => theirs),
    ...why,
  }
}

function saidOf({ results, verdict, failure }: StormRun): Said[] {
  const strategies = [...new Set(results.map(({ strategy }) => strategy))].filter((name) => name !== FLOOR)
  const invariants = strategies.flatMap((name): Said[] => {
    const rows = results.filter(({ strategy }) => strategy === name)
    const broken = new Set(rows.flatMap((row) => row.invariants.broken))
    if (broken.size === 0) return [{ name: `invariants of ${name}`, text: 'whole', kind: 'state' }]
    return [...broken].map((text) => ({ name: `invariants of ${name}`, text, kind: 'state', broken: true }))
  })
  if (verdict !== 'broken') return invariants
  const text = (failure ?? '').split('\n', 1)[0] as string
  return [...invariants, { name: 'the run', text: `it broke: ${text}`, kind: 'state', broken: true }]
}

function notesOf({ env: { load, steal, cores }, plan, results }: StormRun): string[] {
  const busiest = Math.max(load.before ?? 0, load.after - Math.max(...plan.cpus))
  const rounds = Math.min(...results.map(({ wallMs }) => wallMs.samples.length))
  return [
    ...(busiest > cores ? [`other work: a load of ${busiest.toFixed(1)} on ${cores} cores`] : []),
    ...((steal ?? 0) > 0.02 ? [`the hypervisor took ${(100 * (steal ?? 0)).toFixed(0)} % of its time`] : []),
    ...(rounds < plan.rounds ? [`${rounds} of ${plan.rounds} rounds were measured`] : []),
  ]
}

/** @param named the baseline that is wanted; undefined: the plan's */
export function stormRun(file: string, run: StormRun, isOld: boolean, named: string | undefined): Run {
  const { plan, results, env } = run
  const judged = results.filter(({ strategy }) => strategy !== FLOOR)
  return {
    file,
    schema: 'a storm',
    env,
    plan: planOf(plan, isOld, named),
    series: judged.map((row) => seriesOf(row, results, named ?? plan.baseline)),
    said: saidOf(run),
    notes: notesOf(run),
    baselines: [...new Set(results.map(({ strategy }) => strategy))],
  }
}
