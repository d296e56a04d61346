/**
 * One line of a table while it is measured: a contender with a number of workers. tinybench takes the samples.
 */
import { Bench } from 'tinybench'
import type { Rounds } from './rounds.ts'

/** How long to measure. */
export interface Effort {
  /** Interleaved rounds per row. */
  readonly rounds: number
  /**
   * A case whose workers run alone gets new ones so often, each for its share of the rounds: how fast the code of a few nanoseconds is
   * that an engine makes differs from worker to worker.
   */
  readonly starts: number
  /** Samples per round. */
  readonly samples: number
  /** Wanted duration of one sample, milliseconds. */
  readonly sampleMs: number
  /** Time that every row runs before it is measured, for the engine to optimise it. Milliseconds. */
  readonly warmUpMs: number
  /** At most so many workers. */
  readonly workers: number
  /** A run in which nothing moves for so long will not end. Milliseconds. */
  readonly patienceMs: number
  /** For the suites in which workers run for a time. */
  readonly timed: { readonly seconds: number; readonly repetitions: number }
}

/** Rounds and samples of a normal run, and of a run that only shows that everything works. */
export const EFFORTS: Readonly<Record<'full' | 'quick', Effort>> = {
  full: {
    rounds: 15,
    starts: 5,
    samples: 5,
    sampleMs: 5,
    warmUpMs: 300,
    workers: 8,
    patienceMs: 15_000,
    timed: { seconds: 1, repetitions: 3 },
  },
  quick: {
    rounds: 2,
    starts: 1,
    samples: 2,
    sampleMs: 0.2,
    warmUpMs: 0,
    workers: 2,
    patienceMs: 15_000,
    timed: { seconds: 0.05, repetitions: 1 },
  },
}

/** A contender with a number of workers, and what has been measured of it: one value per round. */
export interface Line {
  readonly name: string
  readonly crew: Rounds
  readonly workers: number
  /** Operations of each worker in a sample. */
  ops: number
  readonly nsPerOp: number[]
  readonly spread: number[]
}

/** Factor on the duration of a sample that several workers take: moments in which not all are under way must not count. */
const CONTENDED = 4

/** Lets the engine optimise the loop and finds how many operations fill a sample. */
export async function warmUp(line: Line, steps: number, effort: Effort): Promise<void> {
  const { crew, workers } = line
  const wanted = effort.sampleMs * 1e6 * (workers > 1 ? CONTENDED : 1)
  let ops = 16
  for (let spent = 0; ;) {
    const { wallNs } = await crew.round(workers, ops, steps)
    spent += wallNs
    const fits = Math.max(1, Math.min(ops * 4, Math.round((ops * wanted) / Math.max(wallNs, 1))))
    if (spent >= effort.warmUpMs * 1e6 && (fits <= ops * 2 || effort.warmUpMs === 0)) {
      line.ops = fits
      return
    }
    ops = fits
  }
}

/** Takes a round's samples of a line. */
export async function sample(line: Line, steps: number, samples: number): Promise<void> {
  const { name, crew, workers, ops } = line
  const bench = new Bench({ time: 0, iterations: samples, warmup: false, throws: true, retainSamples: true })
  bench.add(name, async () => {
    const { wallNs, eachNs } = await crew.round(workers, ops, steps)
    line.spread.push(Math.max(...eachNs) / Math.min(...eachNs))
    const ms = wallNs / 1e6
    return { overriddenDuration: ms / (ops * workers), overriddenIterationCost: ms }
  })
  const [task] = await bench.run()
  const result = task?.result
  if (result === undefined || result.state !== 'completed') throw new Error(`${name} did not complete`)
  line.nsPerOp.push(result.latency.p50 * 1e6)
}
