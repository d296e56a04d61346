/**
 * Suites in which workers run for a time: who got how much and who waited longest (fairness), and what waiting costs
 * (blocked). Rows are interleaved over the repetitions as in run.ts.
 */
import type { Row, Skipped } from './case.ts'
import { Crew } from './crew.ts'
import type { Share } from './rounds.ts'
import type { Effort } from './sampling.ts'
import { calibrate } from './calibrate.ts'
import { Field, type Started } from './field.ts'
import { median } from './stats.ts'

/** Contenders that run side by side for a time. */
export interface TimedCase {
  /** `latency` looks at worker 0 alone: the others are what it meets. */
  readonly kind: 'fairness' | 'latency' | 'blocked'
  readonly subject: string
  readonly rows: readonly Row[]
  readonly workers: number
  /** Work inside the section, nanoseconds. */
  readonly holdNs?: number
  /** False for pairs that let several in. */
  readonly excludes?: boolean
}

/** What the workers of one row got. Medians over the repetitions; the longest wait is the longest of all. */
export interface FairnessRow {
  readonly id: string
  readonly contender: string
  readonly workers: number
  readonly seconds: number
  readonly opsPerSecond: number
  /** The same per repetition. */
  readonly samples?: readonly number[]
  /** Operations of the worker that got fewest, over those of the one that got most. */
  readonly slowestToFastest: number
  /** Of the worker that got fewest. */
  readonly fewestPerSecond: number
  readonly longestWaitNs: number
  readonly repetitions: number
}

/** What waiting costs: CPU time of the whole process while all workers but one wait for a section. */
export interface BlockedRow {
  readonly id: string
  readonly contender: string
  readonly waiters: number
  readonly seconds: number
  /** CPU milliseconds per second of the wait, all waiters together; median over the repetitions. */
  readonly cpuMsPerSecond: number
}

/** What one operation of worker 0 took while the others did theirs. Median over the repetitions; the longest is that of all. */
export interface LatencyRow {
  readonly id: string
  readonly contender: string
  readonly workers: number
  readonly meanNs: number
  readonly longestNs: number
  readonly repetitions: number
}

/** Outcome of a timed case. */
export interface TimedResult {
  readonly latency: LatencyRow[]
  readonly fairness: FairnessRow[]
  readonly blocked: BlockedRow[]
  readonly skipped: Skipped[]
}

interface Entry extends Started {
  readonly shares: Share[][]
  readonly cpuMs: number[]
}

/** Workers get ready, caches fill: before a repetition counts. Milliseconds. */
const WARM_UP_MS = 50

/** Runs all rows of a case, forwards and backwards in turn. */
export async function runTimed(
  one: TimedCase,
  effort: Effort,
  progress: (text: string) => void,
  stop: () => boolean,
): Promise<TimedResult> {
  const { seconds, repetitions } = effort.timed
  const entries: Entry[] = []
  const steps = calibrate(one.holdNs ?? 0)
  const field = new Field(one.subject)
  try {
    for (const row of one.rows) {
      const options = { excludes: one.excludes ?? true, patienceMs: effort.patienceMs }
      const started = await field.start(row, one.workers, options)
      if (started !== undefined) entries.push({ ...started, shares: [], cpuMs: [] })
    }
    if (one.kind !== 'blocked') {
      for (const entry of entries) {
        await field.attempt(entry, async () => {
          await entry.crew.timed(one.workers, WARM_UP_MS, steps)
        })
      }
    }
    for (let i = 0; i < repetitions; i++) {
      if (stop()) break
      progress(`${one.subject} w=${one.workers} ${i + 1} of ${repetitions}`)
      for (const entry of i % 2 === 0 ? entries : entries.toReversed()) {
        await field.attempt(entry, () =>
          one.kind !== 'blocked' ? share(entry, one, seconds, steps) : block(entry, one, seconds),
        )
      }
    }
  } finally {
    await field.stop()
  }
  const ran = entries.filter((entry) => field.runs(entry) && entry.shares.length + entry.cpuMs.length > 0)
  return { ...rows(one, ran, seconds), skipped: field.skipped }
}

async function share(entry: Entry, { workers }: TimedCase, seconds: number, steps: number): Promise<void> {
  entry.shares.push(await entry.crew.timed(workers, seconds * 1000, steps))
}

async function block(entry: Entry, { workers }: TimedCase, seconds: number): Promise<void> {
  if (!(entry.crew instanceof Crew)) throw new Error(`${entry.name} cannot be watched while it waits`)
  const before = process.cpuUsage()
  await entry.crew.blocked(workers, seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  entry.cpuMs.push((user + system) / 1000)
}

function rows(one: TimedCase, entries: Entry[], seconds: number): Omit<TimedResult, 'skipped'> {
  const id = `${one.subject}/w=${one.workers}${one.holdNs === undefined ? '' : `,hold=${one.holdNs}ns`}`
  if (one.kind === 'blocked') {
    const blocked = entries.map(({ name, cpuMs }) => ({
      id,
      contender: name,
      waiters: one.workers - 1,
      seconds,
      cpuMsPerSecond: median(cpuMs) / seconds,
    }))
    return { fairness: [], latency: [], blocked }
  }
  if (one.kind === 'latency')
    return { fairness: [], latency: latencies(id, one, entries, seconds), blocked: [] }
  const perSecond = (each: readonly Share[]): number => each.reduce((sum, { ops }) => sum + ops, 0) / seconds
  const fairness = entries.map(({ name, shares }) => ({
    id,
    contender: name,
    workers: one.workers,
    seconds,
    opsPerSecond: median(shares.map(perSecond)),
    samples: shares.map(perSecond),
    slowestToFastest: median(shares.map(evenness)),
    fewestPerSecond: median(shares.map((each) => Math.min(...each.map(({ ops }) => ops)))) / seconds,
    longestWaitNs: Math.max(...shares.flat().map(({ longestNs }) => longestNs)),
    repetitions: shares.length,
  }))
  return { fairness, latency: [], blocked: [] }
}

function latencies(id: string, one: TimedCase, entries: readonly Entry[], seconds: number): LatencyRow[] {
  return entries.map(({ name, shares }) => {
    const first = shares.flatMap(([worker0]) => worker0 ?? [])
    return {
      id,
      contender: name,
      workers: one.workers,
      meanNs: median(first.map(({ ops }) => (seconds * 1e9) / ops)),
      longestNs: Math.max(...first.map(({ longestNs }) => longestNs)),
      repetitions: shares.length,
    }
  })
}

const evenness = (each: readonly Share[]): number =>
  Math.min(...each.map(({ ops }) => ops)) / Math.max(...each.map(({ ops }) => ops))
