/**
 * What a device costs when many are there already, `lockstorm/growth@1`: what `lockstorm storm --phase grow --json` writes. As
 * JSON Schema: docs/schema/growth-1.schema.json.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { Interval, Spread, StormEnd, StormPlan } from './storm.ts'

/** Name of the schema. */
export const GROWTH_SCHEMA = 'lockstorm/growth@1'

/** What was asked for. */
export interface GrowthPlan {
  readonly command: 'storm'
  readonly phase: 'grow'
  readonly driver: StormPlan['driver']
  readonly strategies: readonly string[]
  readonly parents: number
  /** Per parent, when the machine is full. */
  readonly devices: number
  /** Devices in all at which the cost of one more is measured, ascending. */
  readonly points: readonly number[]
  /** Devices that are created and removed at each point, one after the other, by one CPU. */
  readonly probes: number
  /** CPUs and vendor costs of the bursts that tell the price of the lock. */
  readonly cpus: number
  readonly vendors: StormPlan['vendors']
  readonly seed: number
  readonly baseline: string
}

/** One device more, while so many are there; vendor cost none. Nanoseconds. */
export interface GrowthPoint {
  readonly devices: number
  readonly createNs: Interval
  readonly removeNs: Interval
  /** A create in the same rounds on a machine that stays at the first point. */
  readonly controlNs?: Interval
}

/** From the first point to the last, by creates as multiples of the control's in the same round; times are of its usual pace. */
export interface GrowthSlope {
  /** Nanoseconds that a create takes longer for each device that is there. */
  readonly nsPerDevice: number
  /** It lies between these with a confidence of 0.9. */
  readonly low: number
  readonly high: number
}

/** A parent with so many devices is unregistered. */
export interface Unregistration {
  readonly children: number
  readonly ms: Spread
}

/** All devices of a burst at once, by all CPUs, under one vendor cost. */
export interface GrowthBurst {
  readonly vendor: string
  readonly devices: number
  readonly cpus: number
  /** To create them. */
  readonly wallMs: Spread
}

/** One strategy. */
export interface GrowthResult {
  readonly strategy: string
  readonly points: readonly GrowthPoint[]
  readonly slope: GrowthSlope | null
  /** Cost of a create at the last point over that at the first, by the same multiples; null, like the slope, before there are two. */
  readonly ratio: Interval | null
  readonly unregistrations: readonly Unregistration[]
  readonly bursts: readonly GrowthBurst[]
  readonly invariants: { readonly checked: number; readonly broken: readonly string[] }
  /** Of its arena, when the machine was full. */
  readonly usedBytes: number
}

/** A growth, whole. */
export interface GrowthRun extends StormEnd<GrowthResult> {
  readonly schema: typeof GROWTH_SCHEMA
  readonly plan: GrowthPlan
}
