/**
 * Is a machine warm? Every worker compiles its own code: early rounds measure the compiler. So warm-up rounds go on until they do
 * not get faster any more, and measured rounds must not drift.
 *
 * Rule     a series drifts if it has a trend that chance makes in one of a hundred series (Mann and Kendall), and from its first
 *          round to its last the trend (Theil and Sen) changes it by more than a tenth. A machine is warm if the rounds of its last
 *          three blocks do not drift downward, and the fast quarter of the last block is no faster, by more than a seventh, than
 *          that of the first of the three: a step is too short to be a trend. The same must hold of the three blocks that end one
 *          earlier: one slow block of a busy computer would hide a step.
 * Why so   noise of the computer makes rounds slower, never faster, and lasts for a round or a few. The fast quarter hardly sees
 *          it, and a test of ranks does not see how large it is.
 * Source   E. Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017: many programs never become steady, some get
 *          slower, so nothing is taken for warm because it ran so many rounds
 */
import { median } from '../results/stats.ts'

/** Blocks that are looked at. */
const BLOCKS = 3
/** Beyond it a trend is none of chance: one in a hundred, on both sides. */
const MOST_Z = 2.576
/** Change over the whole series that counts. */
const DRIFT = 0.1
/** How much faster the last block may be than the first of three. */
const STEP = 1 / 7
/** Fewer samples have no trend to speak of. */
const LEAST = 8

/** How a series changes from its first sample to its last, as a share of its median; 0 if chance explains it. */
export function driftOf(samples: readonly number[]): number {
  const n = samples.length
  if (n < LEAST) return 0
  let score = 0
  const slopes: number[] = []
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) {
      const rise = (samples[k] as number) - (samples[i] as number)
      score += Math.sign(rise)
      slopes.push(rise / (k - i))
    }
  }
  const z = (Math.abs(score) - 1) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const change = (median(slopes) * (n - 1)) / median(samples)
  return z > MOST_Z && Math.abs(change) > DRIFT ? change : 0
}

function fastQuarter(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 2] ?? 0
}

/** By which share rounds still get faster; 0: they do not. */
function faster(blocks: readonly (readonly number[])[]): number {
  const change = driftOf(blocks.flat())
  const step = fastQuarter(blocks.at(-1) ?? []) / fastQuarter(blocks[0] ?? []) - 1
  return Math.max(-change, step < -STEP ? -step : 0)
}

/**
 * Why a machine is not known to be warm after these blocks of rounds, in a few words; null if it is.
 * @param rounds of all blocks, those of which no time is given included
 */
export function whyCold(
  blocks: readonly (readonly number[])[],
  rounds = blocks.flat().length,
): string | null {
  const last = blocks.slice(-BLOCKS)
  const before = blocks.slice(-BLOCKS - 1, -1)
  if (before.length < BLOCKS || last.flat().length < LEAST) {
    return `${rounds} warm-up ${rounds === 1 ? 'round is' : 'rounds are'} too few to tell`
  }
  const share = Math.max(faster(last), faster(before))
  return share === 0 ? null : `still ${Math.round(100 * share)} % faster after ${rounds} warm-up rounds`
}

/** Why measured rounds are not those of a steady machine; null if nothing speaks against it. */
export function whyDrifting(samples: readonly number[]): string | null {
  const change = driftOf(samples)
  if (change === 0) return null
  return `rounds became ${Math.round(100 * Math.abs(change))} % ${change < 0 ? 'faster' : 'slower'}`
}
