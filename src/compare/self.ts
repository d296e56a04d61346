/**
 * How often does a comparison of equal runs find something? Every difference is a false alarm then.
 */
import { Rng } from '../base/rng.ts'
import { compare, NothingToJudge, type CompareOptions, type Comparison } from './comparison.ts'
import { ENOUGH_RUNS } from './judge.ts'
import type { Run } from './run.ts'

/** Comparisons of one size. */
export interface FalseAlarms {
  /** Runs a side. */
  readonly runs: number
  readonly comparisons: number
  /** Of these, where nothing could be judged, so that there is nothing to count. */
  readonly unjudged: number
  /** Comparisons that called any cell slower or faster, and those that would have ended with exit code 1. */
  readonly any: number
  readonly findings: number
}

/** Name of the schema. */
export const SELF_SCHEMA = 'lockstorm/compare-self@1'

const MOST_PAIRS = 200
const SPLITS = 60
const MOST_RUNS = 6

/** One against one, all of them, or as many as there is time for. */
function pairs(runs: readonly Run[]): [Run[], Run[]][] {
  const all = runs.flatMap((a, i) => runs.slice(i + 1).map((b): [Run[], Run[]] => [[a], [b]]))
  return all.length <= MOST_PAIRS ? all : new Rng(1).shuffle(all).slice(0, MOST_PAIRS)
}

/** Several against as many, drawn at random. */
function splits(runs: readonly Run[], size: number): [Run[], Run[]][] {
  const rng = new Rng(2)
  return Array.from({ length: SPLITS }, () => {
    const drawn = rng.shuffle([...runs])
    return [drawn.slice(0, size), drawn.slice(size, 2 * size)]
  })
}

/** The comparisons to make, by runs a side. */
export function selfComparisons(runs: readonly Run[]): Map<number, [Run[], Run[]][]> {
  const size = Math.min(MOST_RUNS, runs.length >> 1)
  const many = size >= ENOUGH_RUNS ? [[size, splits(runs, size)] as const] : []
  return new Map([[1, pairs(runs)], ...many])
}

/** The comparison; undefined where nothing can be judged. */
function comparedIfAny(a: Run[], b: Run[], options: CompareOptions): Comparison | undefined {
  try {
    return compare(a, b, options)
  } catch (error) {
    if (error instanceof NothingToJudge) return undefined
    throw error
  }
}

/** Counts the false alarms among comparisons, one after the other; the caller may pause between them. */
export function* countAlarms(
  runs: number,
  comparisons: readonly [Run[], Run[]][],
  options: CompareOptions,
): Generator<FalseAlarms> {
  let [any, findings, unjudged] = [0, 0, 0]
  for (const [done, [a, b]] of comparisons.entries()) {
    const found = comparedIfAny(a, b, options)
    if (found === undefined) unjudged++
    else {
      if (found.cells.some(({ verdict }) => verdict === 'slower' || verdict === 'faster')) any++
      if (found.finding) findings++
    }
    yield { runs, comparisons: done + 1, unjudged, any, findings }
  }
}
