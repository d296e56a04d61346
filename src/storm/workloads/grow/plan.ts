/**
 * The plan of a growth when nothing is asked for.
 */
import type { GrowthPlan } from '../../../results/growth.ts'
import { ALL_STRATEGIES } from '../mdev/strategies.ts'
import { sameCost } from '../mdev/plan.ts'

/** Devices of a machine, most: all parents together. */
export const MOST_DEVICES = 100_000
const FIRST = 128

/** Numbers of devices at which the cost of one more is measured: powers of two from 128 on, and all of them. */
export function pointsUpTo(total: number): number[] {
  const points: number[] = []
  for (let n = FIRST; n < total; n *= 2) points.push(n)
  return [...points, total]
}

/** 4,096 devices on 8 parents: half a minute. */
export const GROWTH_PLAN: Omit<GrowthPlan, 'points'> = {
  command: 'storm',
  phase: 'grow',
  driver: 'synthetic',
  strategies: ALL_STRATEGIES,
  parents: 8,
  devices: 512,
  probes: 20,
  cpus: 8,
  vendors: ['none', 'sleep:1ms'].map(sameCost),
  seed: 1,
  baseline: 'global',
}
