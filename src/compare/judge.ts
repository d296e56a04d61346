/**
 * Are these runs slower than those? Judged is time as a multiple of the baseline's in the same round: what the machine does to a
 * round it does to both.
 *
 * Runs     with 4 runs a side or more each run is one value, the mean of its middle half, and what is asked is whether the sides could be dealt
 *          otherwise. With fewer the rounds are the values, as far as they are independent; what one process has from its start to
 *          its end, its luck, is not told from a change then, so that a change counts only where its whole interval is beyond
 *          LUCK times the least change, and a run whose machine was lent to others meanwhile is not judged.
 * Unsteady a run that was not steady in a cell says nothing of it: among many it is left out there.
 * Verdict  one of `~ small faster slower`: not told from noise; told, but its interval reaches below the least change, which it may
 *          be; and the two that count, of which the whole interval is beyond it.
 */
import { median } from '../results/stats.ts'
import { varianceInflation } from './dependence.ts'
import { byLabels, holm } from './family.ts'
import { rankTest } from './rank.ts'
import { changeInterval, middle, ofRun } from './resample.ts'
import { keyOf, type Run, type Series } from './run.ts'

/** Runs a side from which on runs are what is counted. */
export const ENOUGH_RUNS = 4
/** Rounds of a run below which they are not judged. */
export const FEWEST_ROUNDS = 5
/** See the head of this file. */
const LUCK = 2
/** Share of a machine's time that its hypervisor may take from a run which has to speak for itself: above it false alarms begin. */
const MOST_STOLEN = 0.05

export type Change = '~' | 'small' | 'faster' | 'slower'

/** How to judge. */
export interface JudgeOptions {
  /** Chance of a false verdict among all cells together. */
  readonly alpha: number
  /** Least change that counts, as a share: 0.05. */
  readonly least: number
}

/** One cell, judged. */
export interface JudgedCell {
  readonly cell: readonly string[]
  readonly against: string
  /** Runs that were judged: those that are not steady are left out where enough others are there. */
  readonly runs: readonly [was: number, is: number]
  /** Time as a multiple of the baseline's, before and now. */
  readonly was: number
  readonly is: number
  /** `is / was − 1`, and its 95 % interval. */
  readonly change: number
  readonly low: number
  readonly high: number
  /** Chance of such a difference among equal runs: in this cell, and in any of the cells. */
  readonly p: number
  readonly adjusted: number
  readonly verdict: Change
  /** The figure itself, in its unit, which no baseline steadies. Its p only with enough runs. */
  readonly absolute: {
    readonly unit: Series['unit']
    readonly was: number
    readonly is: number
    readonly p?: number
  }
}

/** One cell that was not, and why. */
export interface UnjudgedCell {
  readonly cell: readonly string[]
  readonly why: string
}

/** The cells that both sides have. */
export interface Judgement {
  readonly cells: readonly JudgedCell[]
  readonly unjudged: readonly UnjudgedCell[]
}

/** One cell on both sides: logarithms of ratios, by run and round, of the runs that are judged. */
interface Pair {
  readonly cell: readonly string[]
  readonly against: string
  readonly unit: Series['unit']
  readonly a: readonly (readonly number[])[]
  readonly b: readonly (readonly number[])[]
  readonly absolute: readonly [a: readonly number[], b: readonly number[]]
  /** What each run says, those of `a` first; NaN of one that is left out. */
  readonly byRun: readonly number[]
}

/** Time over the baseline's, logarithm, round by round. */
function logRatios({ values, base = [], unit }: Series): number[] {
  const sign = unit === '/s' ? -1 : 1
  return values.map((value, i) => sign * Math.log(value / (base[i] as number)))
}

/** Series of one side in this cell: all, and those that are judged. */
interface Side {
  readonly all: readonly (Series | undefined)[]
  readonly judged: readonly Series[]
}

/** With enough runs a side those that say nothing of the cell are left out; with fewer each is needed. */
function sideOf(runs: readonly Run[], key: string, isMany: boolean): Side {
  const all = runs.map((run) => run.series.find((one) => keyOf(one) === key))
  const judged = all.filter((one) => one !== undefined && !(isMany && one.unfit !== undefined)) as Series[]
  return { all, judged }
}

/** Why one side cannot be judged; undefined if it can. */
function whyNot({ all, judged }: Side, isMany: boolean): string | undefined {
  if (all.includes(undefined)) return 'it is not in every run'
  const unfit = all.find((one) => one?.unfit !== undefined)?.unfit
  if (isMany && judged.length < ENOUGH_RUNS)
    return `${judged.length} of ${all.length} runs are left, fewer than ${ENOUGH_RUNS}: ${unfit}`
  if (!isMany && unfit !== undefined) return unfit
  if (judged.some(({ base }) => base === undefined)) return 'no baseline ran in the same rounds'
  if (judged.some(({ values, base = [] }) => values.length !== base.length)) {
    return 'it or its baseline lacks rounds that the other has'
  }
  if (judged.some(({ values, base = [] }) => [...values, ...base].some((value) => !(value > 0)))) {
    return 'it has rounds without a time'
  }
  const rounds = Math.min(...judged.map(({ values }) => values.length))
  if (rounds >= (isMany ? 1 : FEWEST_ROUNDS)) return undefined
  return `${rounds} rounds and fewer than ${ENOUGH_RUNS} runs a side: too few of both`
}

/** What a run says of the cell; NaN: it is left out. */
function said(series: Series | undefined, judged: readonly Series[]): number {
  return series !== undefined && judged.includes(series) ? ofRun(logRatios(series)) : Number.NaN
}

function stolen({ file, env: { steal } }: Run): string {
  const share = Math.round(100 * (steal ?? 0))
  return `the hypervisor took ${share} % of the time of ${file}: only ${ENOUGH_RUNS} runs a side or more can tell that from a change`
}

/** The cell on both sides, or why it cannot be judged. */
function paired(series: Series, a: readonly Run[], b: readonly Run[]): Pair | UnjudgedCell {
  const { cell, unit, against = '' } = series
  const isMany = Math.min(a.length, b.length) >= ENOUGH_RUNS
  const lent = isMany ? undefined : [...a, ...b].find(({ env }) => (env.steal ?? 0) > MOST_STOLEN)
  if (lent !== undefined) return { cell, why: stolen(lent) }
  const [was, is] = [a, b].map((runs) => sideOf(runs, keyOf(series), isMany)) as [Side, Side]
  const why = whyNot(was, isMany) ?? whyNot(is, isMany)
  if (why !== undefined) return { cell, why }
  const names = new Set([...was.judged, ...is.judged].map((one) => one.against))
  if (names.size > 1) return { cell, why: `its baselines differ: ${[...names].join(', ')}` }
  const medians = ({ judged }: Side): number[] => judged.map(({ values }) => median(values))
  return {
    cell,
    against,
    unit,
    a: was.judged.map(logRatios),
    b: is.judged.map(logRatios),
    absolute: [medians(was), medians(is)],
    byRun: [was, is].flatMap(({ all, judged }) => all.map((one) => said(one, judged))),
  }
}

/** p of each pair, alone and for the family. */
function chances(
  pairs: readonly Pair[],
  runsBefore: number,
  isMany: boolean,
): readonly { p: number; adjusted: number }[] {
  if (isMany) {
    return byLabels(
      pairs.map(({ byRun }) => byRun),
      runsBefore,
    )
  }
  const ps = pairs.map(({ a, b }) => rankTest(a.flat(), b.flat(), varianceInflation([...a, ...b])))
  const adjusted = holm(ps)
  return ps.map((p, i) => ({ p, adjusted: adjusted[i] as number }))
}

function judgePair(
  { cell, against, unit, a, b, absolute }: Pair,
  { p, adjusted }: { p: number; adjusted: number },
  isMany: boolean,
  { alpha, least }: JudgeOptions,
): JudgedCell {
  const change = middle(b) - middle(a)
  const [low, high] = changeInterval(a, b, varianceInflation([...a, ...b]))
  const told = adjusted <= alpha && (low > 0 || high < 0)
  const floor = Math.log1p(least)
  const near = Math.min(Math.abs(low), Math.abs(high)) / (isMany ? 1 : LUCK)
  const counts = near >= floor && Math.abs(change) >= floor
  const verdict = !told ? '~' : !counts ? 'small' : change > 0 ? 'slower' : 'faster'
  const [was, is] = absolute
  return {
    cell,
    against,
    runs: [a.length, b.length],
    was: Math.exp(middle(a)),
    is: Math.exp(middle(b)),
    change: Math.expm1(change),
    low: Math.expm1(low),
    high: Math.expm1(high),
    p,
    adjusted,
    verdict,
    absolute: { unit, was: median(was), is: median(is), ...(isMany && { p: rankTest(was, is) }) },
  }
}

/** Judges all cells of `a` that `b` has too. Both have a run at least. */
export function judge(a: readonly Run[], b: readonly Run[], options: JudgeOptions): Judgement {
  const keys = new Set(b.flatMap(({ series }) => series.map(keyOf)))
  const wanted = (a[0] as Run).series.filter((series) => keys.has(keyOf(series)))
  const all = wanted.map((series) => paired(series, a, b))
  const pairs = all.filter((one) => 'a' in one)
  const isMany = Math.min(a.length, b.length) >= ENOUGH_RUNS
  const ps = chances(pairs, a.length, isMany)
  return {
    cells: pairs.map((pair, i) => judgePair(pair, ps[i] as { p: number; adjusted: number }, isMany, options)),
    unjudged: all.filter((one) => 'why' in one),
  }
}

/** Geometric mean of the changes, as a share; undefined of nothing. */
export function meanChange(cells: readonly JudgedCell[]): number | undefined {
  if (cells.length === 0) return undefined
  return Math.expm1(cells.reduce((sum, { change }) => sum + Math.log1p(change), 0) / cells.length)
}
