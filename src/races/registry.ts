/**
 * All scenarios. A race is one file in races/; a layer that brings races of its own adds its list here.
 */
import { broughtNamed } from '../define/brought.ts'
import { BUSTED, STRATEGIES, strategyNamed } from '../mdev/strategies.ts'
import { CDEV_RACES } from './cdev/index.ts'
import { RACES } from './index.ts'
import type { Cell, Scenario } from '../define/race.ts'

/** Every scenario, in the order of the matrix. */
export const SCENARIOS: readonly Scenario[] = [...RACES, ...CDEV_RACES]

/** Strategy of the machine on which a race runs that varies over something else. */
const ANY = 'modern'

/** The scenario of that name, built in or brought by a user's file. */
export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name) ?? broughtNamed('race', name)
}

/** Strategies that a race runs under: all of them, those that it is for, or one where no strategy plays a part. */
export function strategiesOf({ axis, only = () => true }: Scenario): readonly string[] {
  return axis === undefined ? STRATEGIES.filter(only).map(({ name }) => name) : [ANY]
}

/** What the vendor's driver does otherwise than on its day in that cell; undefined: nothing. */
export function vendorOf({ vendor }: Scenario, strategy: string): string | undefined {
  const found = strategyNamed(strategy)
  return found && vendor?.(found)
}

/** What is expected of it under a strategy. Nothing is expected of the controls. */
export function expectedOf({ expect }: Scenario, strategy: string): Cell | undefined {
  const found = strategyNamed(strategy)
  return found === undefined || BUSTED.includes(found) ? undefined : expect(found)
}

/** What a run is of: `strategy rwsem`, `wiring v4`, `notifier before`; '' where the race varies over nothing. */
export function variantOf({ axis }: Scenario, strategy: string): string {
  return axis === undefined
    ? `strategy ${strategy}`
    : axis.member === undefined
      ? ''
      : `${axis.axis} ${axis.member}`
}
