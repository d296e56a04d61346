/**
 * Is a machine warm? Every worker compiles its own code: early rounds measure the compiler. So warm-up rounds go on until they need
 * no less of the processor any more, and measured rounds must not drift.
 *
 * Warm     by the CPU time of the process, compilers included, block after block of equal rounds: the cheapest of the last three
 *          blocks is cheaper by no more than a seventh than that of the three before. The same must hold one block earlier.
 * Why so   the clock shows what other programs do to a round, which no warm-up ends; CPU time shows little of it, and what it does show
 *          (caches, a core's other thread) makes a block dearer, never cheaper: of three blocks the cheapest one is taken.
 * Drift    a series of measured rounds drifts if it has a trend that chance makes in one of a hundred series (Mann and Kendall), and
 *          from its first round to its last the trend (Theil and Sen) changes it by more than a tenth.
 * Source   E. Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017: many programs never become steady, some get
 *          slower, so nothing is taken for warm because it ran so many rounds
 */
import { median } from '../results/stats.ts'

/** Blocks that are looked at, and how many of them are late ones. */
const BLOCKS = 6
const LATE = 3
/** How much cheaper the late ones may be. */
const STEP = 1 / 7
/** Milliseconds of a round that are none: threads that run are accounted by ticks, and a block has some ten rounds. */
const TICK_MS = 1
/** Beyond it a trend is none of chance: one in a hundred, on both sides. */
const MOST_Z = 2.576
/** Change over the whole series that counts. */
const DRIFT = 0.1
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

/** By which share blocks still get cheaper; 0: they do not. */
function cheaper(blocks: readonly number[]): number {
  const before = Math.min(...blocks.slice(0, -LATE))
  const less = before - Math.min(...blocks.slice(-LATE))
  return less > TICK_MS && less > STEP * before ? less / before : 0
}

/**
 * Why a machine is not known to be warm, in a few words; null if it is.
 * @param blocks CPU time of a round in each block of equal rounds, milliseconds
 * @param rounds of all blocks and of one that is not whole
 */
export function whyCold(blocks: readonly number[], rounds: number): string | null {
  if (blocks.length <= BLOCKS) {
    return `${rounds} warm-up ${rounds === 1 ? 'round is' : 'rounds are'} too few to tell`
  }
  const share = Math.max(cheaper(blocks.slice(-BLOCKS)), cheaper(blocks.slice(-BLOCKS - 1, -1)))
  if (share === 0) return null
  return `after ${rounds} warm-up rounds they still needed ${Math.round(100 * share)} % less CPU time from block to block`
}

/** Why measured rounds are not those of a steady machine; null if nothing speaks against it. */
export function whyDrifting(samples: readonly number[]): string | null {
  const change = driftOf(samples)
  if (change === 0) return null
  return `rounds became ${Math.round(100 * Math.abs(change))} % ${change < 0 ? 'faster' : 'slower'}`
}
