/**
 * `lockstorm/define`: the shapes of what a file of yours can bring to lockstorm, and functions that check them. Plain objects do
 * as well: a file needs nothing of ours.
 */
export { check, type Model, type Scene, type State } from './model.ts'
export type { Lock } from './lock.ts'
export { type OutcomeName } from './outcome.ts'
export {
  END,
  gated,
  hangs,
  happens,
  once,
  prevented,
  step,
  type Aftermath,
  type Cell,
  type Detector,
  type Finding,
  type Scenario as Race,
  type Step,
} from './race.ts'
export { ShapeError } from './shape.ts'
export { checkModel as defineModel, defineLock, defineWorkload } from './shapes.ts'
export { defineRace, defineStrategy, type StrategyRow } from './strategy_shapes.ts'
export type { Operation, Performer, Workload } from './workload.ts'
export type { Gate } from '../mdev/gates/gate.ts'
export type { Namespace } from '../mdev/namespaces/namespace.ts'
export type { Sequence } from '../mdev/sequences/sequence.ts'
