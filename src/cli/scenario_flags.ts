/**
 * Flags of `lockstorm scenario`, checked before anything runs.
 */
import { BUSTED, STRATEGIES, strategyNamed } from '../mdev/strategies.ts'
import { SCENARIOS, scenarioNamed, strategiesOf, type Scenario } from '../scenarios/index.ts'
import type { LockFlags } from './lock_flags.ts'
import { badValue, didYouMean, mustBeWritable, UsageError } from './usage.ts'
import { integer } from './values.ts'

/** What commander hands over: texts. */
export interface ScenarioFlags extends LockFlags {
  readonly strategy?: string
  readonly repeat?: string
  readonly stress?: string
  readonly matrix?: boolean
  readonly write?: string
  readonly json?: string
}

const MOST_RUNS = 1_000_000

/** The scenario of a name. @throws UsageError */
export function wanted(name: string): Scenario {
  const found = scenarioNamed(name)
  if (found !== undefined) return found
  const names = SCENARIOS.map((scenario) => scenario.name)
  throw new UsageError(
    `scenario ${name}: there is none of that name${didYouMean(name, names)}; see lockstorm scenario`,
  )
}

/** Strategies to run it under. @throws UsageError */
export function strategies(one: Scenario, { strategy }: ScenarioFlags): string[] {
  if (strategy === undefined) return [...strategiesOf(one)]
  if (strategyNamed(strategy) !== undefined) return [strategy]
  const names = [...STRATEGIES, ...BUSTED].map(({ name }) => name)
  throw badValue('--strategy', strategy, `one of ${names.join(', ')}${didYouMean(strategy, names)}`)
}

/** Refuses flags that say nothing to what was asked for. @throws UsageError */
export function checkFlags(name: string | undefined, flags: ScenarioFlags): void {
  if (flags.matrix === true && (name !== undefined || flags.strategy !== undefined)) {
    throw new UsageError('--matrix runs every scenario under every strategy: give no name and no --strategy')
  }
  if (flags.write !== undefined && flags.matrix !== true) throw new UsageError('--write goes with --matrix')
  if (flags.stress !== undefined && flags.repeat !== undefined) {
    throw new UsageError('--stress runs free and --repeat forces: give one of them')
  }
  if (flags.lockStat === true && flags.stress === undefined) {
    throw new UsageError(
      '--lock-stat goes with --stress: in a forced run CPUs take turns, and no time passes',
    )
  }
  if (flags.lockdep === true && name === undefined && flags.matrix !== true) {
    throw new UsageError('--lockdep needs the name of a scenario, or --matrix')
  }
  const alone = flags.matrix === true ? ['strategy', 'stress'] : ['strategy', 'repeat', 'stress']
  const lonely = alone.find((flag) => flags[flag as keyof ScenarioFlags] !== undefined)
  if (name === undefined && lonely !== undefined)
    throw new UsageError(`--${lonely} needs the name of a scenario`)
  mustBeWritable('--write', flags.write)
  mustBeWritable('--json', flags.json)
}

/** How often to force it. @throws UsageError */
export function repeats({ repeat }: ScenarioFlags): number {
  return repeat === undefined ? 1 : integer('--repeat', repeat, 1, MOST_RUNS)
}

/** How often to run it freely. @throws UsageError */
export function stressRuns(one: Scenario, { stress }: ScenarioFlags): number {
  const runs = integer('--stress', stress ?? '', 1, MOST_RUNS)
  if (one.free !== false) return runs
  throw new UsageError(`--stress: what ${one.name} looks at has a meaning in the drawn order only`)
}
