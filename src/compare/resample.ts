/**
 * The interval of a change: runs are drawn anew, then stretches of rounds in them, as often as there are; the change is taken
 * each time. Stretches, because neighbouring rounds are alike (Künsch 1989). Seeded: the same files give the same interval.
 */
import { Rng } from '../base/rng.ts'
import { median } from '../results/stats.ts'

const DRAWS = 300
const TAIL = 0.025

/**
 * Mean of the middle half of a run's rounds. Outliers do not reach it, and where rounds come in two moods it moves by little
 * when one more of them is in the other, which a median does not.
 * @param rounds sorted
 */
function midmean(rounds: ArrayLike<number>): number {
  const cut = rounds.length >> 2
  let sum = 0
  for (let i = cut; i < rounds.length - cut; i++) sum += rounds[i] as number
  return sum / (rounds.length - 2 * cut)
}

/** What a run says: the mean of the middle half of its rounds. */
export function ofRun(rounds: readonly number[]): number {
  return midmean(Float64Array.from(rounds).sort())
}

/** What runs say together. */
export function middle(runs: readonly (readonly number[])[]): number {
  return median(runs.map(ofRun))
}

/** Where rounds lie in the order of their run, and that order: what is drawn of them is sorted by counting. */
interface Run {
  readonly sorted: Float64Array
  readonly places: readonly number[]
  readonly counts: Int32Array
  readonly drawn: Float64Array
}

function runOf(rounds: readonly number[]): Run {
  const order = [...rounds.keys()].sort((a, b) => (rounds[a] as number) - (rounds[b] as number))
  const places = rounds.map(() => 0)
  for (const [place, at] of order.entries()) places[at] = place
  return {
    sorted: Float64Array.from(rounds).sort(),
    places,
    counts: new Int32Array(rounds.length),
    drawn: new Float64Array(rounds.length),
  }
}

/** The same of as many rounds of a run, drawn in stretches that begin anywhere and go round. */
function drawnRun({ sorted, places, counts, drawn }: Run, stretch: number, rng: Rng): number {
  counts.fill(0)
  for (let at = 0, from = 0; at < counts.length; at++, from++) {
    if (at % stretch === 0) from = rng.below(counts.length)
    if (from >= counts.length) from = 0
    counts[places[from] as number] = (counts[places[from] as number] as number) + 1
  }
  let at = 0
  for (let place = 0; place < counts.length; place++) {
    for (let n = counts[place] as number; n > 0; n--) drawn[at++] = sorted[place] as number
  }
  return midmean(drawn)
}

function drawnMiddle(runs: readonly Run[], stretch: number, rng: Rng): number {
  return median(runs.map(() => drawnRun(runs[rng.below(runs.length)] as Run, stretch, rng)))
}

/**
 * 95 % interval of `middle(b) - middle(a)`.
 * @param a runs of one side, each a list of rounds @param b those of the other
 * @param stretch rounds that are drawn together
 */
export function changeInterval(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  stretch: number,
): readonly [low: number, high: number] {
  const rng = new Rng(1)
  const length = Math.max(1, Math.round(stretch))
  const [was, is] = [a.map(runOf), b.map(runOf)]
  const drawn = Float64Array.from(
    { length: DRAWS },
    () => drawnMiddle(is, length, rng) - drawnMiddle(was, length, rng),
  ).sort()
  return [drawn[Math.floor(TAIL * DRAWS)] as number, drawn[Math.ceil((1 - TAIL) * DRAWS) - 1] as number]
}
