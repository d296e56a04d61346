import { expect, test } from 'vitest'
import type { Execution } from '#lockstorm/explore/engine/execution'
import type { Policy } from '#lockstorm/explore/engine/policy'
import type { Moment } from '#lockstorm/explore/engine/moment'
import type { LearningEngine } from '#lockstorm/explore/helper/learning_engine'
import { Sketch, type Place } from '#lockstorm/explore/helper/source/sketch'
import { staged } from '#lockstorm/explore/helper/stage'
import { runPhase, type Phase } from '#lockstorm/explore/searches/phase'
import { randomProgram, type Shape } from './random_bodies.ts'

/**
 * What is learned of bodies, and where an execution goes on from the one before it, must not be seen: here every third execution is run
 * a second time from its start, its bodies as they are, and whatever differs is told as a failure.
 */
const PHASES: readonly Phase[] = [
  { search: 'dfs', executions: 180 },
  { search: 'dfs', bound: 1, executions: 90 },
  { search: 'dpor', executions: 180 },
  { search: 'states', executions: 180 },
  { search: 'pos', seed: 1, executions: 60 },
  { search: 'pct', seed: 1, depth: 3, executions: 60 },
  { search: 'random', seed: 1, executions: 60 },
]
const DIFFERS: readonly string[] = ['uncontrolled nondeterminism', 'schedule does not fit the code']

type Change = (engine: LearningEngine) => void

/** The phases and seeds in which an execution differs the second time. */
function differing(shape: Shape, seeds: number, phases = PHASES, change?: Change): string[] {
  const found: string[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    for (const phase of phases) {
      const program = randomProgram(seed, shape, new Set())
      const spurious = (shape.spurious ?? 0) > 0
      // After one that is run twice none goes on from it: the next begins at its start, and the one after that need not.
      const { failures, first } = staged(
        program,
        { spurious, everyTwice: change === undefined ? 3 : 2 },
        ({ engine }) => {
          change?.(engine as unknown as LearningEngine)
          return runPhase(engine, phase, { keepGoing: true })
        },
      )
      const kind = Object.keys(failures).find((one) => DIFFERS.includes(one))
      if (kind !== undefined) found.push(`seed ${seed}, ${phase.search}: ${first?.message ?? kind}`)
      // A control is caught or it is not.
      if (change !== undefined && found.length > 0) return found
    }
  }
  return found
}

const base = { cpus: 2, length: 3, rounds: 1, alike: true } as const

test.for<readonly [name: string, shape: Shape]>([
  ['counters in variables', { ...base, with: ['polls', 'timed'], rounds: 2 }],
  ['three that poll', { ...base, with: ['polls', 'sleeps'], cpus: 3, length: 2 }],
  ['clocks', { ...base, with: ['clocks', 'polls'] }],
  ['early time-outs', { ...base, with: ['timed', 'sleeps'], earlyTimeouts: 1 }],
  ['spurious wake-ups', { ...base, with: ['timed', 'sleeps', 'choices'], spurious: 1 }],
  ['counters in objects', { ...base, with: ['objects', 'timed'] }],
  ['views', { ...base, with: ['views', 'polls'], length: 2 }],
  ['what is caught', { ...base, with: ['throws', 'finally', 'polls'] }],
  ['races', { ...base, with: ['plain', 'timed', 'views'], races: true }],
])('every execution does again what it did: %s', { timeout: 120_000 }, ([, shape]) => {
  expect(differing(shape, 12)).toEqual([])
})

/** A change of a method on an engine or a class; taken back when disposed of. */
function changed(
  on: object,
  name: string,
  run: (real: (...args: unknown[]) => unknown) => unknown,
): Disposable {
  const own = Object.getOwnPropertyDescriptor(on, name)
  Object.defineProperty(on, name, { value: run(Reflect.get(on, name) as never), configurable: true })
  return {
    [Symbol.dispose]() {
      if (own === undefined) Reflect.deleteProperty(on, name)
      else Object.defineProperty(on, name, own)
    },
  }
}

test('the control, a place that leaves out a variable, is caught', () => {
  using _forgetful = changed(
    Sketch.prototype,
    'draw',
    (draw) =>
      function forgets(this: Sketch, ...args: unknown[]) {
        const told = Reflect.apply(draw, this, args)
        for (const [i, place] of this.places.entries()) {
          const { names } = place
          this.places[i] = { ...place, names: names.filter((name) => !name.startsWith('n')) } satisfies Place
        }
        return told
      },
  )
  expect(differing({ ...base, with: ['polls', 'timed'], rounds: 2 }, 12)).not.toEqual([])
})

/**
 * What is not put back when an execution goes on from a moment that was saved, and programs that show it: there are moments where two
 * CPUs can go on.
 */
type Forgets = readonly [name: string, forget: (run: Execution) => void, shape: Shape]
const forgotten: readonly Forgets[] = [
  ['who sleeps', (run) => run.status.fill(0), { ...base, with: ['timed'] }],
  ['the wait queues', (run) => run.queue.fill(-1), { ...base, with: ['sleeps'], cpus: 3 }],
  [
    'the order of arrival',
    (run) => run.arrival.set(run.arrival.map((at) => -at)),
    { ...base, with: ['sleeps'], cpus: 4 },
  ],
  ['what loops have read', (run) => run.spinCount.fill(0), { ...base, with: ['polls'], cpus: 3 }],
  ['early time-outs', (run) => run.early.fill(0), { ...base, with: ['timed'], earlyTimeouts: 1 }],
  ['spurious wake-ups', (run) => run.spurious.fill(0), { ...base, with: ['sleeps'], spurious: 1, rounds: 2 }],
  ['virtual time', (run) => run.clock.fill(0), { ...base, with: ['clocks'] }],
  ['deadlines', (run) => run.deadline.fill(0), { ...base, with: ['clocks'] }],
  ['the clocks of races', (run) => run.clocks.restart(), { ...base, with: ['plain'], races: true }],
]

test.for(forgotten)(
  'the control, going on without %s, is caught',
  { timeout: 120_000 },
  ([, forget, shape]) => {
    const change: Change = (engine) =>
      void changed(engine, 'resume', (resume) => (policy: Policy, from: Moment): void => {
        Reflect.apply(resume, engine, [policy, from])
        forget(engine)
      })
    const found = differing(shape, 60, PHASES.slice(0, 3), change)
    expect(found).not.toEqual([])
  },
)

test('the control, going on without where the bodies are, is caught', () => {
  const change: Change = (engine) => void changed(engine, 'restoreOwn', () => () => {})
  expect(differing({ ...base, with: ['sleeps'], cpus: 3 }, 30, PHASES.slice(0, 3), change)).not.toEqual([])
})
