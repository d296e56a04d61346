/**
 * The plan of a storm when nothing is asked for.
 */
import type { StormPlan } from '../../../results/storm.ts'
import { ALL_STRATEGIES } from './strategies.ts'
import { parseCost, vendorPlan } from './vendor.ts'

/** A vendor row in which both operations cost the same. Throws for what is no cost: for constants. */
export function sameCost(text: string): StormPlan['vendors'][number] {
  const cost = parseCost(text)
  if (cost === undefined) throw new Error(`'${text}' is no vendor cost`)
  return vendorPlan(text, cost, cost)
}

/** 128 devices on 8 GPUs: the case of the 2018 thread. */
export const DEFAULT_PLAN: StormPlan = {
  command: 'storm',
  driver: 'vgpu',
  parents: 8,
  devices: 16,
  cpus: [8],
  strategies: ALL_STRATEGIES,
  vendors: ['none', 'busy:20us', 'sleep:1ms'].map(sameCost),
  affinity: 'own',
  phase: 'create-remove',
  rounds: 25,
  warmup: null,
  duplicates: 0,
  hotplug: 0,
  secondOrder: true,
  seed: 1,
  baseline: 'global',
  budgetS: 50,
  arenaBytes: 0,
}
