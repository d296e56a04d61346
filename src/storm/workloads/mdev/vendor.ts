/**
 * Vendor costs as they are written: `none`, `busy:20us`, `sleep:1ms`, `sleep:1ms:exp`.
 */
import { NSEC_PER_MSEC, NSEC_PER_USEC } from '../../../base/constants.ts'
import { COST_BUSY, COST_NONE, COST_SLEEP, DIST_EXPONENTIAL, DIST_FIXED } from '../../../drivers/cost.ts'
import type { VendorCost, VendorPlan } from '../../../results/storm.ts'

/** What a cost may look like, for error texts. */
export const COST_SYNTAX =
  "'none', 'busy:TIME' or 'sleep:TIME', TIME as 20us or 1ms up to 2s, then ':exp' if random"
/** A cost is one word in the arena. */
const MOST_NS = 2_000_000_000
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: NSEC_PER_USEC,
  µs: NSEC_PER_USEC,
  ms: NSEC_PER_MSEC,
  s: 1_000 * NSEC_PER_MSEC,
}
const NONE: VendorCost = { kind: 'none', ns: 0, distribution: 'fixed' }

/** Parses a time such as `20us`: whole nanoseconds; undefined if it is none. */
export function parseTime(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s)$/.exec(text) ?? []
  return unit === undefined ? undefined : Math.round(Number(amount) * (UNITS[unit] as number))
}

/** Parses one cost; undefined if it is not one. */
export function parseCost(text: string): VendorCost | undefined {
  if (text === 'none') return NONE
  const match = /^(busy|sleep):([^:]+)(?::(fixed|exp|exponential))?$/.exec(text)
  if (match === null) return undefined
  const [, kind, time = '', shape] = match
  const ns = parseTime(time) ?? 0
  if (!(ns > 0 && ns <= MOST_NS)) return undefined
  const distribution = shape === undefined || shape === 'fixed' ? 'fixed' : 'exponential'
  return { kind: kind as 'busy' | 'sleep', ns, distribution }
}

/** A row in which create and remove may cost differently. */
export function vendorPlan(label: string, create: VendorCost = NONE, remove: VendorCost = NONE): VendorPlan {
  return { label, create, remove }
}

/** Longest cost in a warm-up, nanoseconds. A sleep must be long enough to be one. */
const SHORT_NS: Readonly<Record<VendorCost['kind'], number>> = { none: 0, busy: 1_000, sleep: 300_000 }

/** The same kinds of cost, as short as they can be, for warming up. */
function shortened({ label, create, remove }: VendorPlan): VendorPlan {
  const short = (cost: VendorCost): VendorCost => ({ ...cost, ns: Math.min(cost.ns, SHORT_NS[cost.kind]) })
  return { label, create: short(create), remove: short(remove) }
}

/** No vendor at all. */
export const NO_COST: VendorPlan = vendorPlan('none')
/** Warm-up rounds under costs that repeat, at least. */
const CYCLE = 10

/**
 * The vendor costs of warm-up rounds, one after the other, again and again. The engine optimises for the branches that it has seen: a
 * cost that came up later only would throw the compiled code away in the middle of a measured round. So each kind of cost of the plan
 * has its turn, short; most rounds have none, because they take the least time. The first one has none.
 */
export function warmUpCosts(vendors: readonly VendorPlan[]): readonly VendorPlan[] {
  const kinds = new Map(
    vendors.map(shortened).map((vendor) => {
      const { create, remove } = vendor
      return [[create.kind, create.distribution, remove.kind, remove.distribution].join(' '), vendor]
    }),
  )
  kinds.delete('none fixed none fixed')
  const free = Math.max(CYCLE - kinds.size, kinds.size)
  return [...Array.from({ length: free }, () => NO_COST), ...kinds.values()]
}

const KINDS = { none: COST_NONE, busy: COST_BUSY, sleep: COST_SLEEP } as const

/** Kind, nanoseconds and distribution as the driver keeps them in the arena. */
export function costWords(cost: VendorCost): readonly [number, number, number] {
  const distribution = cost.distribution === 'exponential' ? DIST_EXPONENTIAL : DIST_FIXED
  return [KINDS[cost.kind], cost.ns, distribution]
}
