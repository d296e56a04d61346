/**
 * Runs a case: crews for all rows, then rounds in which every row runs once, forwards and backwards in turn
 * (A B C, C B A, …), so that a busy moment of the machine hits all of them. tinybench takes the samples of a round.
 */
import { Bench } from 'tinybench'
import type { Case, Measured, Row, Skipped } from './case.ts'
import type { Contender } from './contender.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { work } from './loop.ts'
import type { Rounds } from './rounds.ts'
import { mad, median } from './stats.ts'

/** How long to measure. */
export interface Effort {
  /** Interleaved rounds per row. */
  readonly rounds: number
  /** Samples per round. */
  readonly samples: number
  /** Wanted duration of one sample, milliseconds. */
  readonly sampleMs: number
  /** Time that every row runs before it is measured, for the engine to optimise it. Milliseconds. */
  readonly warmUpMs: number
  /** At most so many workers. */
  readonly workers: number
  /** For the suites in which workers run for a time. */
  readonly timed: { readonly seconds: number; readonly repetitions: number }
}

interface Entry {
  readonly row: Row
  readonly name: string
  readonly crew: Rounds
  ops: number
  readonly nsPerOp: number[]
  readonly spread: number[]
}

/** Outcome of a case. */
export interface CaseResult {
  readonly measured: Measured[]
  readonly skipped: Skipped[]
}

/** Steps of `work` that take that long here. */
export function calibrate(holdNs: number): number {
  if (holdNs === 0) return 0
  const view = new Int32Array(2048)
  const steps = 1_000_000
  work(view, steps)
  const times = Array.from({ length: 5 }, () => {
    const start = process.hrtime.bigint()
    work(view, steps)
    return Number(process.hrtime.bigint() - start) / steps
  })
  return Math.max(1, Math.round(holdNs / Math.min(...times)))
}

/** Starts the workers of a row, or says why it cannot run here. */
export async function startRow(
  row: Row,
  workers: number,
  options: CrewOptions,
): Promise<{ name: string; crew: Rounds } | Skipped> {
  const { contender } = (await import(`./adapters/${row.adapter}.js`)) as { contender: Contender }
  const name = row.label ?? contender.name
  const reason = await contender.unavailable()
  if (reason !== '') return { contender: name, reason }
  const shared = contender.share?.()
  const crew =
    (await contender.crew?.()) ??
    (await Crew.start(row.adapter, row.variant, workers, { ...options, shared }))
  return { name, crew }
}

/** Runs all rows of a case for each of its worker counts. `progress` is called before each round. */
export async function runCase(
  one: Case,
  effort: Effort,
  progress: (text: string) => void,
): Promise<CaseResult> {
  const skipped: Skipped[] = []
  const entries: Entry[] = []
  const counts = [...new Set(one.workers.map((workers) => Math.min(workers, effort.workers)))]
  const options = { excludes: one.excludes ?? true, ...(one.bytes !== undefined && { bytes: one.bytes }) }
  try {
    for (const row of one.rows) {
      const started = await startRow(row, Math.max(...counts), options)
      if ('reason' in started) skipped.push(started)
      else entries.push({ row, ...started, ops: 0, nsPerOp: [], spread: [] })
    }
    const measured: Measured[] = []
    for (const workers of counts) measured.push(...(await measure(one, entries, workers, effort, progress)))
    return { measured, skipped }
  } finally {
    await Promise.all(entries.map(({ crew }) => crew.stop()))
  }
}

async function measure(
  one: Case,
  entries: Entry[],
  workers: number,
  effort: Effort,
  progress: (text: string) => void,
): Promise<Measured[]> {
  const steps = calibrate(one.holdNs ?? 0)
  for (const entry of entries) {
    entry.nsPerOp.length = 0
    entry.spread.length = 0
    entry.ops = await warmUp(entry.crew, workers, steps, effort)
  }
  for (let round = 0; round < effort.rounds; round++) {
    progress(`${one.subject} w=${workers} round ${round + 1} of ${effort.rounds}`)
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      await sample(entry, workers, steps, effort.samples)
    }
  }
  const baseline = entries[0]?.nsPerOp ?? []
  const per = one.opsPerPair ?? 1
  const hold = one.holdNs === undefined ? '' : `,hold=${one.holdNs}ns`
  return entries.map((entry) => ({
    id: `${one.subject}/w=${workers}${hold}`,
    contender: entry.name,
    workers,
    nsPerOp: median(entry.nsPerOp) / per,
    madNs: mad(entry.nsPerOp) / per,
    ratio: median(entry.nsPerOp.map((ns, round) => ns / (baseline[round] as number))),
    spread: median(entry.spread),
    rounds: effort.rounds,
    opsPerRound: entry.ops * workers * effort.samples,
  }))
}

/** Factor on the duration of a sample that several workers take. */
const CONTENDED = 6

/** Lets the engine optimise the loop and finds how many operations fill a sample. */
async function warmUp(crew: Rounds, workers: number, steps: number, effort: Effort): Promise<number> {
  // The moments in which not all workers are under way must not count: several workers take longer samples.
  const wanted = effort.sampleMs * 1e6 * (workers > 1 ? CONTENDED : 1)
  let ops = 16
  for (let spent = 0; ;) {
    const { wallNs } = await crew.round(workers, ops, steps)
    spent += wallNs
    const fits = Math.max(1, Math.min(ops * 4, Math.round((ops * wanted) / Math.max(wallNs, 1))))
    if (spent >= effort.warmUpMs * 1e6 && (fits <= ops * 2 || effort.warmUpMs === 0)) return fits
    ops = fits
  }
}

async function sample(entry: Entry, workers: number, steps: number, samples: number): Promise<void> {
  const bench = new Bench({ time: 0, iterations: samples, warmup: false, throws: true, retainSamples: true })
  bench.add(entry.name, async () => {
    const { wallNs, eachNs } = await entry.crew.round(workers, entry.ops, steps)
    entry.spread.push(Math.max(...eachNs) / Math.min(...eachNs))
    const ms = wallNs / 1e6
    return { overriddenDuration: ms / (entry.ops * workers), overriddenIterationCost: ms }
  })
  const [task] = await bench.run()
  const result = task?.result
  if (result === undefined || result.state !== 'completed') throw new Error(`${entry.name} did not complete`)
  entry.nsPerOp.push(result.latency.p50 * 1e6)
}
