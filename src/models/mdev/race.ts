/**
 * What a race of the mdev core is, and what its checks share. A race becomes one model per strategy.
 */
import { sysfs_write } from '../../kernel/path_io.ts'
import type { OutcomeName } from '../../define/outcome.ts'
import type { Strategy } from '../../mdev/strategies.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import {
  bootWorld,
  createPath,
  open,
  removePath,
  UUID,
  WORLD_STEPS,
  WORLD_WORDS,
  type World,
} from './world.ts'

/** What a race shows under a strategy: nothing, a failure, or nothing up to so many preemptions. */
export interface Expectation {
  readonly expect?: OutcomeName
  readonly bound?: number
}

/** One race. */
export interface Race {
  readonly name: string
  readonly summary: string
  readonly setup?: () => Readonly<Record<string, number>>
  readonly cpus: readonly ((s: World) => void)[]
  /** `guarded`: the strategy has a gate. */
  readonly finish: (s: World, guarded: boolean) => void
  /** By what the seams say of themselves. */
  readonly expect: (strategy: Strategy) => Expectation
}

/** Set-up with a device on the first parent. `remove` is its open file. */
export const withDevice = (): Readonly<Record<string, number>> => {
  check(sysfs_write(createPath(0), UUID) > 0, 'no device')
  return { remove: open(removePath()) }
}

/** The race under the strategy. Without a gate data races and use of freed objects are let pass, to see what comes of them. */
export function raceModel(race: Race, row: Strategy): Model {
  const { name, summary, setup, cpus, finish, expect } = race
  const { name: strategy } = row
  const { guarded } = row.gate
  return defineModel<World>({
    name: `${name}:${strategy}`,
    summary: `${summary} (${strategy})`,
    setup: (scene: Scene) => {
      const world = bootWorld(scene, strategy)
      return { ...world, ...setup?.() }
    },
    cpus,
    finish: (s) => finish(s, guarded),
    ...expect(row),
    ...(!guarded && { races: false, touchFreed: true }),
    fold: ['mem', 'sync', 'kernel'],
    maxSteps: WORLD_STEPS,
    arenaWords: WORLD_WORDS,
  })
}
