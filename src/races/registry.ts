/**
 * All scenarios. A race is one file in races/; a layer that brings races of its own adds its list here.
 */
import { CDEV_RACES } from './cdev/index.ts'
import { RACES } from './index.ts'
import type { Scenario } from '../define/race.ts'

/** Every scenario of the matrix, in its order. */
export const SCENARIOS: readonly Scenario[] = [...RACES]

/** Those, and the ones apart. */
export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, ...CDEV_RACES]

/** The scenario of that name. */
export function scenarioNamed(name: string): Scenario | undefined {
  return ALL_SCENARIOS.find((scenario) => scenario.name === name)
}
