/**
 * All scenarios. A race is one file in races/; a layer that brings races of its own adds its list here.
 */
import { RACES } from './races/index.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario, in the order of the matrix. */
export const SCENARIOS: readonly Scenario[] = [...RACES]

/** The scenario of that name. */
export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name)
}
