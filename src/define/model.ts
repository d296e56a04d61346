/**
 * A model: a small program of two to four CPUs over the code that ships, with what must hold of it. It is set up once; each
 * execution starts from the memory that set-up left.
 *
 * Rules   state is addresses and numbers only (it is sent to real workers); a body keeps nothing between runs; finish and
 *         invariant read memory and throw, they change nothing.
 */
import type { OutcomeName } from './outcome.ts'
import type { Layout } from '../mem/layout.ts'

/** What set-up can do beside calling kernel code. It runs alone, on CPU 0. */
export interface Scene {
  /** Names a struct or, without a layout, `words` words, for ladders. Returns the address. */
  name<A extends number>(address: A, name: string, shape?: Layout | number): A
  /** Calls `fn` as another CPU, for example to fill its magazine. */
  onCpu(cpu: number, fn: () => void): void
}

/** State that set-up leaves to the bodies. */
export type State = Readonly<Record<string, number>>

/** See the head of this file. */
export interface Model<S extends State = State> {
  readonly name: string
  /** One line: what runs, what must hold. */
  readonly summary: string
  readonly setup: (scene: Scene) => S
  /** One body per CPU. Their function names head the columns of a ladder. */
  readonly cpus: readonly ((state: S) => void)[]
  /** Checks the end of an execution in which every body returned. */
  readonly finish?: (state: S) => void
  /** Checked after every event. */
  readonly invariant?: (state: S) => void
  /** What the explorer must find; absent if the model must hold. */
  readonly expect?: OutcomeName
  /**
   * DPOR cannot see everything in 100,000 executions and 10 s: every schedule up to so many preemptions is seen instead.
   * Absent: it can.
   */
  readonly bound?: number
  /** Words before which a coarse search preempts nobody, by what ladders call them: they are not what the model is about. */
  readonly calm?: RegExp
  /** Every object allocated during the execution must be freed at its end. */
  readonly leaks?: boolean
  /** Data races count as failures; true if not given. */
  readonly races?: boolean
  /** Touching freed objects is no failure: what comes of it is looked for instead. */
  readonly touchFreed?: boolean
  /** Time-outs each CPU may let fire while others can run; 0 if not given: only when nothing else can. */
  readonly earlyTimeouts?: number
  readonly maxSteps?: number
  /** How far each look at the clock moves it: much of it, and time passes without anybody asleep. */
  readonly tickNs?: number
  /** lockdep watches; its reports are failures. */
  readonly lockdep?: boolean
  /** Words of its arena beyond tasks and headers. */
  readonly arenaWords?: number
  /** Layers (folders of src) whose functions a ladder shows as one call. */
  readonly fold?: readonly string[]
}

/** The same model with lockdep watching it. */
export function watchedByLockdep(model: Model): Model {
  return model.lockdep === true ? model : { ...model, lockdep: true }
}

/** Types a model. The registry forgets the type of its state. */
export function defineModel<S extends State>(model: Model<S>): Model {
  return model as unknown as Model
}

/** Fails the execution if the condition does not hold. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}
