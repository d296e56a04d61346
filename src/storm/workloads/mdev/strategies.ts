/**
 * The strategies a storm can run, by name.
 */
import { BUSTED, RAISED, STRATEGIES, strategyNamed } from '../../../mdev/strategies.ts'
import type { StormPlan } from '../../../results/storm.ts'

/** What `all` stands for: every strategy of history and ours, without the controls. */
export const ALL_STRATEGIES: readonly string[] = STRATEGIES.map((strategy) => strategy.name)

/** Every name that is accepted, controls last. */
export const KNOWN_STRATEGIES: readonly string[] = [
  ...ALL_STRATEGIES,
  ...[...RAISED, ...BUSTED].map((one) => one.name),
]

/**
 * True if this strategy may damage the kernel's memory under this plan: parents come and go and nothing keeps creates
 * and removes out, or it is none of ours: a control that is wrong on purpose, or a user's. What happens to it then is a finding, not a broken run.
 */
export function fragile(name: string, plan: Pick<StormPlan, 'hotplug'>): boolean {
  const strategy = strategyNamed(name)
  if (strategy === undefined) return false
  // Of a strategy that a user brings nothing is known.
  const known = [...STRATEGIES, ...RAISED].includes(strategy)
  return !known || (plan.hotplug > 0 && !strategy.gate.guarded)
}

/** True if the strategy's namespace only compares uuids of one parent: others reach the bus by design. */
export function warnsByDesign(name: string): boolean {
  return strategyNamed(name)?.namespace.name === 'per_parent'
}
