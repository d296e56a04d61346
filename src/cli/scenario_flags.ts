/**
 * What `lockstorm scenario` is asked for, in terms of scenarios and strategies.
 */
import { SCENARIOS, scenarioNamed, strategiesOf, type Scenario } from '../scenarios/index.ts'
import type { ScenarioFlags } from './commands/scenario.ts'
import { didYouMean, UsageError } from './usage.ts'
import { isPath } from '../define/is_path.ts'
import { bring } from './user_file.ts'

/** The scenario of a name, or that a file brings. @throws UsageError */
export async function wanted(word: string): Promise<Scenario> {
  const isTaken = (name: string): boolean => SCENARIOS.some((scenario) => scenario.name === name)
  const [name = ''] = isPath(word) ? await bring('race', word, isTaken) : [word]
  const found = scenarioNamed(name)
  if (found !== undefined) return found
  const names = SCENARIOS.map((scenario) => scenario.name)
  throw new UsageError(
    `unknown scenario '${name}'${didYouMean(name, names)}; lockstorm scenario lists them all`,
  )
}

/** Strategies to run it under. @throws UsageError */
export function strategiesFor(one: Scenario, { strategies, strategy }: ScenarioFlags): readonly string[] {
  if (strategy !== undefined) return [strategy]
  if (strategies !== undefined) return strategies
  return strategiesOf(one)
}

/** How often to run it freely. @throws UsageError */
export function stressRuns(one: Scenario, stress: number): number {
  if (one.free !== false) return stress
  throw new UsageError(`--stress ${stress}: what ${one.name} looks at has a meaning in the drawn order only`)
}
