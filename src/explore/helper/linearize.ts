/**
 * mustLinearize: operations of a concurrent object, called by several bodies in every interleaving, must behave as those of a
 * sequential one. Scenarios are all small ones, or as many drawn ones as the budget takes; a failing one is made smaller.
 *
 * Order    an operation lasts from its first step to its last: before and after them nobody could tell that it runs.
 */
import { describe, runSearch, type ExploreOptions } from '../explore.ts'
import { Dice } from '../searches/sample.ts'
import { executionsOf, type Verdict } from '../verdict.ts'
import { linearize, operationText, type Operation, type SequentialObject } from './histories.ts'
import { checkOptions, checkProgram, type Program } from './program.ts'
import { RefusedError } from './refused.ts'
import { staged, type UserStage } from './stage.ts'
import { concluded, ExplorationError, toldOf, unrepeatable } from './verdicts.ts'
import { guarded } from './watchdog.ts'

/** An operation, of the concurrent object and of the sequential one. */
export interface CheckedOperation<S, O> {
  /** Arguments that it is called with: one list for each call that is tried; none if not given. */
  readonly args?: readonly (readonly unknown[])[]
  readonly run: (object: O, ...args: never[]) => unknown
  /** Changes the state and returns what `run` must; BLOCKED if it has to wait. */
  readonly model: (state: S, ...args: never[]) => unknown
}

/** A concurrent object and the sequential one that it must behave as. */
export interface Specification<S, O> extends Pick<
  Program,
  'memory' | 'setup' | 'words' | 'races' | 'maxSteps' | 'name'
> {
  /** Makes the concurrent object, in each body, over the memory. */
  readonly make: (memory: Int32Array) => O
  /** First state of the sequential object: plain data. */
  readonly state: () => S
  readonly operations: Readonly<Record<string, CheckedOperation<S, O>>>
  /** Bodies, 2 if not given, and operations of each, 2 if not given. */
  readonly bodies?: number
  readonly calls?: number
  /** Scenarios at most, 200 if not given. */
  readonly scenarios?: number
}

/** What mustLinearize has seen. */
export interface Linearized {
  readonly scenarios: number
  readonly executions: number
  /** Every interleaving of every scenario of this size was seen. */
  readonly exhausted: boolean
}

interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}
type Scenario = readonly (readonly Call[])[]

const SCENARIOS = 200
const DEFAULT_MS = 4000
const FIELDS = ['make', 'state', 'operations', 'bodies', 'calls', 'scenarios']

function callsOf<S, O>({ operations }: Specification<S, O>): Call[] {
  return Object.entries(operations).flatMap(([name, { args = [[]] }]) =>
    args.map((each) => ({ name, args: each })),
  )
}

/** All scenarios of the size, or draws of them. */
function* scenariosOf<S, O>(
  spec: Specification<S, O>,
  most: number,
  seed: number,
): Generator<Scenario, boolean> {
  const { bodies = 2, calls = 2 } = spec
  const all = callsOf(spec)
  const places = bodies * calls
  const cut = (chosen: readonly Call[]): Scenario =>
    Array.from({ length: bodies }, (_, i) => chosen.slice(i * calls, (i + 1) * calls))
  const count = all.length ** places
  if (count <= most) {
    for (let n = 0; n < count; n++) {
      yield cut(
        Array.from({ length: places }, (_, i) => all[Math.floor(n / all.length ** i) % all.length] as Call),
      )
    }
    return true
  }
  const dice = new Dice(seed)
  for (let n = 0; n < most; n++)
    yield cut(Array.from({ length: places }, () => all[dice.below(all.length)] as Call))
  return false
}

/** What the bodies of a scenario have done, by their latest runs. */
class Recorder {
  readonly #operations: (readonly { call: Call; from: number; to: number; result: unknown }[])[] = []

  /** Runs the calls of a body. */
  run<S, O>(
    spec: Specification<S, O>,
    calls: readonly Call[],
    stage: () => UserStage,
    memory: Int32Array,
  ): void {
    const { engine } = stage()
    const object = spec.make(memory)
    const cpu = engine.me
    const mine: { call: Call; from: number; to: number; result: unknown }[] = []
    this.#operations[cpu] = mine
    for (const call of calls) {
      const one = { call, from: engine.stamp(), to: Infinity, result: undefined as unknown }
      mine.push(one)
      const { run } = spec.operations[call.name] as CheckedOperation<S, O>
      one.result = Reflect.apply(run, undefined, [object, ...call.args])
      one.to = engine.stamp()
    }
  }

  /** The history of the execution that has just ended. */
  history({ engine }: UserStage): Operation[] {
    const steps = engine.stepsOf()
    return this.#operations.flatMap((list, cpu) =>
      list.map(({ call: { name, args }, from, to, result }) => ({
        cpu,
        name,
        args,
        result,
        call: steps[cpu]?.[from] ?? Infinity,
        ret:
          to === Infinity
            ? Infinity
            : to > from
              ? (steps[cpu]?.[to - 1] ?? 0)
              : (steps[cpu]?.[from] ?? Infinity) - 0.5,
      })),
    )
  }
}

function exploreScenario<S, O>(
  spec: Specification<S, O>,
  scenario: Scenario,
  options: ExploreOptions,
): Verdict {
  const recorder = new Recorder()
  const model: SequentialObject<S> = {
    first: spec.state,
    apply: (state, name, args) =>
      Reflect.apply((spec.operations[name] as CheckedOperation<S, O>).model, undefined, [
        state,
        ...args,
      ]) as unknown,
  }
  const known = new Map<string, boolean>()
  const judge = (history: readonly Operation[]): boolean => {
    const key = JSON.stringify(
      history.map(({ cpu, call, ret, result }) => [cpu, call, ret, String(result), result]),
    )
    const before = known.get(key)
    if (before !== undefined) return before
    const fits = linearize(model, history) !== undefined
    known.set(key, fits)
    return fits
  }
  let current: UserStage | undefined
  const stage = (): UserStage => current as UserStage
  const finish = (): void => {
    const history = recorder.history(stage())
    if (!judge(history))
      throw new Error(
        `no order of these fits the sequential object: ${history.map(operationText).join('; ')}`,
      )
  }
  const { memory, setup, words, races, maxSteps, name } = spec
  const optional = Object.fromEntries(
    Object.entries({ setup, words, races, maxSteps, name }).filter(([, value]) => value !== undefined),
  ) as Partial<Program>
  const threads = scenario.map((calls) => (m: Int32Array) => {
    recorder.run(spec, calls, stage, m)
  })
  const program: Program = { ...optional, memory, threads, finish }
  const { ms = DEFAULT_MS } = options
  return guarded(ms, () =>
    staged(program, { spurious: false, learning: false }, (made) => {
      current = made
      made.engine.acceptStuck = () => judge(recorder.history(made))
      const results = runSearch(made.engine, { ...options, ms })
      const failing = results.find(({ first }) => first !== undefined)
      const failure =
        failing?.first &&
        (unrepeatable(failing.search, failing.first) ?? describe(made, failing.search, failing.first))
      return concluded(toldOf(made, program), results, failure, made.engine.error)
    }),
  )
}

/** Drops one operation after the other, as long as the rest fails too. */
function smaller<S, O>(
  spec: Specification<S, O>,
  scenario: Scenario,
  options: ExploreOptions,
): Verdict | undefined {
  let best: Verdict | undefined
  let now = scenario
  for (let changed = true; changed;) {
    changed = false
    for (const [i, calls] of now.entries()) {
      for (let j = 0; j < calls.length && !changed; j++) {
        const candidate = now.map((list, k) => (k === i ? list.filter((_call, at) => at !== j) : list))
        if (candidate.some((list) => list.length === 0)) continue
        const verdict = exploreScenario(spec, candidate, options)
        if (verdict.failure === undefined) continue
        best = verdict
        now = candidate
        changed = true
      }
    }
  }
  return best
}

/**
 * Checks that an object is linearizable: in every interleaving of every scenario the results are those of a sequential object, in an
 * order that keeps what did not overlap.
 * @param options `ms` and `executions` are for each scenario
 * @throws ExplorationError with the smallest failing scenario found, its history and its ladder
 */
export function mustLinearize<S, O>(spec: Specification<S, O>, options: ExploreOptions = {}): Linearized {
  checkOptions(options)
  const {
    make: _make,
    state: _state,
    operations,
    bodies = 2,
    calls: _calls,
    scenarios = SCENARIOS,
    ...plain
  } = spec
  checkProgram({ ...plain, threads: Array.from({ length: bodies }, () => () => {}) }, FIELDS)
  if (typeof operations !== 'object' || Object.keys(operations).length === 0) {
    throw new RefusedError(
      'ERR_EXPLORE_BAD_PROGRAM',
      'operations of the specification must name at least one operation',
    )
  }
  let count = 0
  let executions = 0
  let exhausted = true
  const all = scenariosOf(spec, scenarios, options.seed ?? 1)
  let next = all.next()
  for (; next.done !== true; next = all.next()) {
    const verdict = exploreScenario(spec, next.value, options)
    count++
    executions += executionsOf(verdict)
    if (verdict.failure !== undefined)
      throw new ExplorationError(smaller(spec, next.value, options) ?? verdict)
    if (verdict.verdict !== 'holds') exhausted = false
  }
  return { scenarios: count, executions, exhausted: exhausted && next.value }
}
