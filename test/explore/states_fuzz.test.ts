import { expect, test } from 'vitest'
import type { Program } from '#lockstorm/explore/helper/index'
import type { LearningEngine } from '#lockstorm/explore/helper/learning_engine'
import { staged } from '#lockstorm/explore/helper/stage'
import { StateHash } from '#lockstorm/explore/helper/state'
import { dfs } from '#lockstorm/explore/searches/dfs'
import { dpor } from '#lockstorm/explore/searches/dpor'
import type { Engine, Limits, SearchResult, States } from '#lockstorm/explore/searches/search'
import { states } from '#lockstorm/explore/searches/states'
import { randomProgram, type Shape } from './random_bodies.ts'

/**
 * What random programs end with must be the same whether their bodies run in each execution or are learned, whether equal states are
 * told from each other or not, and whichever search sees all of them.
 */
/** What a search of a program has found. */
interface Found {
  readonly result: SearchResult
  readonly ends: string
  readonly kinds: string
}

type Searches = (engine: Engine, limits: Limits) => SearchResult

function found(seed: number, shape: Shape, learning: boolean, search: Searches): Found {
  const ends = new Set<string>()
  const program = randomProgram(seed, shape, ends)
  const spurious = (shape.spurious ?? 0) > 0
  return staged(program, { spurious, learning }, ({ engine }) => {
    // Executions that were given up because of a finer grain have been seen too.
    ends.clear()
    const result = search(engine, { keepGoing: true, traces: search !== states, executions: 4000 })
    const kinds = Object.keys(result.failures).toSorted().join()
    return { result, ends: [...ends].toSorted().join(' '), kinds }
  })
}

interface Report {
  /** Programs on which all agree. */
  agree: number
  /** Seeds of those on which they do not. */
  readonly wrong: number[]
}

type Traces = ReadonlySet<number>
const sameTraces = (a: Traces, b: Traces): boolean => a.size === b.size && [...a].every((one) => b.has(one))

/** Compares searches of the programs that are small enough to be seen whole. `reduced`: in the place of the search of states. */
function compare(shape: Shape, seeds: readonly number[], reduced: Searches = states): Report {
  const report: Report = { agree: 0, wrong: [] }
  for (const seed of seeds) {
    const full = found(seed, shape, false, dpor)
    if (!full.result.exhausted) continue
    const learned = found(seed, shape, true, dpor)
    const cached = found(seed, shape, true, (engine, limits) => dfs(engine, { ...limits, cache: true }))
    const merged = found(seed, shape, true, reduced)
    const all = [learned, cached, merged].filter(({ result }) => result.exhausted)
    const same =
      (!learned.result.exhausted || sameTraces(full.result.traces, learned.result.traces)) &&
      all.every(({ ends, kinds }) => ends === full.ends && kinds === full.kinds)
    if (!same) report.wrong.push(seed)
    else if (merged.result.exhausted || shape.leaves === true) report.agree++
  }
  return report
}

const seedsTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

const two = { cpus: 2, length: 3, rounds: 1, alike: true } as const
const three = { cpus: 3, length: 2, rounds: 1, alike: true } as const

/** `least`: of so many programs, so many are small enough to be seen whole, and their states can be told. */
test.for<readonly [name: string, shape: Shape, programs: number, least: number]>([
  ['two alike, two rounds', { ...two, with: ['sleeps'], rounds: 2 }, 20, 10],
  ['three, two alike', { ...three, with: ['sleeps'] }, 15, 8],
  ['three that differ', { ...three, with: ['sleeps'], alike: false }, 12, 6],
  ['races of plain accesses', { ...two, with: ['sleeps', 'plain'], races: true, length: 4 }, 25, 15],
  ['plain accesses as steps', { ...two, with: ['plain'] }, 15, 8],
  ['early time-outs', { ...two, with: ['timed', 'sleeps'], earlyTimeouts: 1 }, 15, 8],
  ['spurious wake-ups', { ...two, with: ['timed', 'sleeps'], spurious: 1 }, 15, 8],
  ['loops that relax', { ...three, with: ['polls', 'sleeps'] }, 15, 6],
  ['loops that count', { ...two, with: ['polls', 'timed'], rounds: 2 }, 20, 10],
  ['clocks', { ...two, with: ['clocks', 'polls'] }, 15, 8],
  ['views', { ...two, with: ['views', 'polls'], length: 2 }, 15, 8],
  ['bodies that throw', { ...two, with: ['throws', 'sleeps'], rounds: 2 }, 12, 4],
  ['what is left outside', { ...two, with: ['polls', 'timed'], leaves: true }, 20, 12],
  ['choices', { ...two, with: ['choices', 'sleeps'] }, 12, 6],
])(
  '$0: learned or run, merged or not, the ends are the same',
  { timeout: 120_000 },
  ([, shape, programs, least]) => {
    const { agree, wrong } = compare(shape, seedsTo(programs))
    expect(wrong).toEqual([])
    expect(agree).toBeGreaterThanOrEqual(least)
  },
)

type Make = (engine: LearningEngine) => States

/** A search of states that are told in another way. */
const told =
  (make: Make): Searches =>
  (engine, limits) => {
    const run = engine as unknown as LearningEngine & { states: States | undefined }
    if (run.states !== undefined) run.states = make(run)
    return states(engine, limits)
  }

class NoMemory extends StateHash {
  protected override addMemory(): void {}
}
class NoPosition extends StateHash {
  protected override addPosition(): void {}
}
class NoneUsed extends StateHash {
  protected override addUsed(): void {}
}
class NoTime extends StateHash {
  protected override addTime(): void {}
}
class NoRank extends StateHash {
  protected override addRank(): void {}
}
class NoSpin extends StateHash {
  protected override addSpin(): void {}
}
class NoClocks extends StateHash {
  protected override addClocks(): void {}
}

test.for<readonly [name: string, Hash: typeof StateHash, shape: Shape, seeds: readonly number[]]>([
  ['the memory', NoMemory, { ...three, with: [] }, seedsTo(20)],
  ['where bodies are', NoPosition, { ...two, with: ['sleeps'] }, seedsTo(20)],
  ['spurious wake-ups', NoneUsed, { ...two, with: ['sleeps'], spurious: 1, rounds: 2 }, seedsTo(40)],
  ['what pollers have read', NoSpin, { ...three, with: ['polls'], alike: false, length: 3 }, [165, 261]],
  [
    'the clocks of races',
    NoClocks,
    { ...two, with: ['plain', 'sleeps'], races: true, length: 4 },
    seedsTo(40),
  ],
])(
  'the control, states that leave out $0, misses something and is caught',
  { timeout: 120_000 },
  ([, Hash, shape, seeds]) => {
    const { wrong } = compare(
      shape,
      seeds,
      told((engine) => new Hash(engine)),
    )
    expect(wrong).not.toEqual([])
  },
)

type Body = Program['threads'][number]

// What random programs seldom show: states that differ in this alone, of which the one that can do less comes first.
const naps: Body = (m) => {
  Atomics.wait(m, 0, 0, 5)
  Atomics.load(m, 2)
  Atomics.wait(m, 2, 0, 5)
  Atomics.add(m, 4, 1 + Atomics.load(m, 1))
}
const wakes: Body = (m) => {
  Atomics.wait(m, 3, 0, 5)
  Atomics.notify(m, 0)
  Atomics.store(m, 1, 1)
}
const looksAtTheClock: Body = (m) => {
  Atomics.wait(m, 0, 0, 5)
  Atomics.load(m, 1)
  if (performance.now() > 4) Atomics.add(m, 4, 1)
}
const sleeper =
  (one: number): Body =>
  (m) => {
    Atomics.wait(m, 0, 0)
    Atomics.compareExchange(m, 4, 0, one)
  }
/** A time-out that fires says that both sleep. */
const wakesInTurn: Body = (m) => {
  Atomics.wait(m, 3, 0, 5)
  Atomics.notify(m, 0, 1)
  Atomics.wait(m, 3, 0, 5)
  Atomics.notify(m, 0)
}
test.for<readonly [name: string, Hash: typeof StateHash, threads: readonly Body[], earlyTimeouts?: number]>([
  ['early time-outs', NoneUsed, [wakes, naps], 1],
  ['time', NoTime, [looksAtTheClock, (m) => void Atomics.notify(m, 0)]],
  ['the order of sleepers', NoRank, [sleeper(1), sleeper(2), wakesInTurn]],
])('the control, states that leave out $0, is caught by one program', ([, Hash, threads, earlyTimeouts]) => {
  const of = (search: Searches, learning: boolean): readonly string[] => {
    const ends = new Set<string>()
    const finish = (m: Int32Array): void => void ends.add(Array.from(m).join())
    const program: Program = { memory: 5, threads, finish, races: false, earlyTimeouts: earlyTimeouts ?? 0 }
    return staged(program, { spurious: false, learning }, ({ engine }) => {
      const result = search(engine, { keepGoing: true })
      expect(result.exhausted).toBe(true)
      return [...ends].toSorted().concat(Object.keys(result.failures).toSorted())
    })
  }
  const all = of(dpor, false)
  expect(of(states, true)).toEqual(all)
  const hash = told((engine) => new Hash(engine))
  expect(of(hash, true)).not.toEqual(all)
})
