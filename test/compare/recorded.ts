/** Sixteen runs of one small storm on a busy machine, one after the other, as storms of version 1: their rounds only. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asStormRuns } from '#lockstorm/results/index'
import { stormRun } from '#lockstorm/compare/read_storm'
import type { Run } from '#lockstorm/compare/index'

interface Recorded {
  readonly plan: object
  readonly env: object
  readonly rows: readonly (readonly [strategy: string, vendor: string, cpus: number])[]
  readonly runs: readonly (readonly (readonly number[])[])[]
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'equal_runs.json'), 'utf8')) as Recorded

/** What a change does to the times of a row. */
export type Changed = (strategy: string, ms: number) => number

/** A result file of version 1. */
export function storm1(run: number, changed: Changed = (_, ms) => ms): { readonly schema: string } {
  const { plan, env, rows, runs } = recorded
  const results = rows.map(([strategy, vendor, cpus], row) => {
    const samples = (runs[run]?.[row] ?? []).map((ms) => changed(strategy, ms))
    return { strategy, vendor, cpus, wallMs: { samples }, invariants: { checked: 1, broken: [] } }
  })
  const file = { schema: 'lockstorm/storm@1', plan, env, results, verdict: 'ok' }
  return file
}

/** How many there are. */
export const RECORDED: number = recorded.runs.length

/** One of them as compare sees it. */
export function recordedRun(run: number, changed?: Changed): Run {
  const [storm] = asStormRuns(storm1(run, changed)) ?? []
  if (storm === undefined) throw new Error('it is no storm')
  return stormRun(`r${run}.json`, storm, true, undefined)
}
