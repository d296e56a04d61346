import { expect, test } from 'vitest'
import { explore, type Program } from '#lockstorm/explore/helper/index'
import { DATA_VIEW_KINDS, KINDS } from '#lockstorm/explore/helper/kinds'
import type { LearningEngine } from '#lockstorm/explore/helper/learning_engine'
import { staged } from '#lockstorm/explore/helper/stage'
import { StateHash } from '#lockstorm/explore/helper/state'
import { dfs } from '#lockstorm/explore/searches/dfs'
import { runPhase } from '#lockstorm/explore/searches/phase'
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

/** How a program is run. */
interface Runs {
  readonly learning: boolean
  /** Over a memory of the caller's, by bodies that the explorer cannot read. */
  readonly over?: SharedArrayBuffer
}

function found(seed: number, shape: Shape, { learning, over }: Runs, search: Searches): Found {
  const ends = new Set<string>()
  const program = randomProgram(seed, shape, ends)
  const outside: number[] = []
  const unread = program.threads.map((body) => (m: Int32Array) => {
    body(m)
    outside.length = 0
  })
  const spurious = (shape.spurious ?? 0) > 0
  const run = over === undefined ? program : { ...program, memory: over, threads: unread }
  return staged(run, { spurious, learning }, ({ engine }) => {
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

// Which search that is, if something looks at every state, the phase decides.
const reduction: Searches = (engine, limits) => runPhase(engine, { search: 'dpor' }, limits)
const everything: Searches = (engine, limits) => dfs(engine, { ...limits, executions: 1000 })
const classes: Searches = (engine, limits) => dfs(engine, { ...limits, cache: true })
/** Programs of each shape that run over a caller's memory as well, which takes longer. */
const OVER_BUFFERS = 4

/**
 * Compares searches of the programs that are small enough to be seen whole. A program that fails has the same ends and the same kinds of
 * failures in each; of its failing traces the reduction leaves out those that differ in what commutes with the failure.
 * `reduced`: in the place of the search of states.
 */
function compare(shape: Shape, seeds: readonly number[], reduced: Searches = states): Report {
  const report: Report = { agree: 0, wrong: [] }
  for (const seed of seeds) {
    const full = found(seed, shape, { learning: false }, reduction)
    if (!full.result.exhausted) continue
    const learned = found(seed, shape, { learning: true }, reduction)
    const whole = found(seed, shape, { learning: true }, everything)
    const cached = found(seed, shape, { learning: true }, classes)
    const merged = found(seed, shape, { learning: true }, reduced)
    const over = new SharedArrayBuffer(24)
    const given = seed > OVER_BUFFERS ? full : found(seed, shape, { learning: true, over }, reduction)
    const all = [learned, whole, cached, merged, given].filter(({ result }) => result.exhausted)
    const alike = full.kinds === '' ? [learned, whole, given] : [learned, given]
    const same =
      alike.every(({ result }) => !result.exhausted || sameTraces(full.result.traces, result.traces)) &&
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
const SHAPES: readonly (readonly [name: string, shape: Shape, programs: number, least: number])[] = [
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
  ['every operation on every view', { ...two, with: ['atomics'] }, 20, 8],
  ['plain accesses of every view', { ...two, with: ['plainViews', 'dataViews'], length: 2 }, 60, 8],
  ['races of every view', { ...two, with: ['plainViews', 'dataViews', 'atomics'], races: true }, 20, 10],
  ['methods of arrays', { ...two, with: ['methods'], length: 2 }, 20, 5],
  ['counts of notify, sleeps of 64 bits', { ...two, with: ['counts', 'sleeps'] }, 15, 8],
  ['pauses', { ...two, with: ['pauses', 'sleeps'] }, 12, 5],
  ['chance', { ...two, with: ['chance'], length: 2 }, 8, 0],
  ['dates', { ...two, with: ['now', 'sleeps'] }, 10, 0],
  ['an invariant', { ...two, with: ['sleeps'], invariant: true, setup: true }, 15, 8],
  ['three and an invariant', { ...three, with: ['plain'], invariant: true, alike: false }, 12, 4],
  ['what ends a loop', { ...two, with: ['objects', 'finally', 'endless'], maxSteps: 40 }, 12, 2],
]

test.for(SHAPES)(
  '$0: learned or run, merged or not, the ends are the same',
  { timeout: 120_000 },
  ([, shape, programs, least]) => {
    const { agree, wrong } = compare(shape, seedsTo(programs))
    expect(wrong).toEqual([])
    expect(agree).toBeGreaterThanOrEqual(least)
  },
)

// Found by long runs: programs that fail, of which the reduction saw fewer ends than there are.
test('a program that fails has the same ends in each search', () => {
  const shape = { ...two, with: ['sleeps', 'plain'], races: true, length: 4 } as const
  expect(compare(shape, [2008, 2012, 2021, 2023, 2044])).toEqual({ agree: 5, wrong: [] })
})

/** Fields of a program that the generators set; of the others it does not depend what is seen. */
const SET: Readonly<Record<keyof Program, boolean>> = {
  memory: true,
  setup: true,
  threads: true,
  finish: true,
  invariant: true,
  races: true,
  earlyTimeouts: true,
  spuriousWakeups: true,
  maxSteps: true,
  name: false,
  words: false,
}

test('every kind of step that there is, the programs compared above have', () => {
  const programs = SHAPES.flatMap(([, shape, n]) =>
    seedsTo(n).map((seed) => randomProgram(seed, shape, new Set())),
  )
  const text = programs.flatMap(({ threads }) => threads.map(String)).join('\n')
  const missing = (names: Iterable<string>, before: string, after = '\\('): string[] =>
    [...names].filter((name) => !new RegExp(`${before}${name}${after}`).test(text))
  const operations: string[] = []
  const setup = (): void => void operations.push(...Object.getOwnPropertyNames(Atomics))
  const touches = (m: Int32Array): void => void Atomics.load(m, 0)
  explore({ memory: 1, setup, threads: [touches, touches] })
  // What that is, async_fuzz.test.ts covers.
  expect(missing(operations, 'Atomics\\.')).toEqual(['waitAsync'])
  expect(missing(KINDS.keys(), 'new ')).toEqual([])
  const methods = DATA_VIEW_KINDS.map(([name]) => name)
  expect(missing(methods, '\\.get')).toEqual([])
  expect(missing(methods, '\\.set')).toEqual([])
  expect(missing(['choose', 'relax', 'performance\\.now', 'Date\\.now', 'Math\\.random'], '\\b')).toEqual([])
  const fields = Object.entries(SET).flatMap(([name, isSet]) => (isSet ? [name] : []))
  expect(fields.filter((name) => !programs.some((program) => name in program))).toEqual([])
})

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
/** Its store is before the load of `sleepsAndReads`, or after it: that decides alone whether they race. */
const writesAndTells: Body = (m) => {
  m[2] = 1
  Atomics.store(m, 0, 0)
}
const sleepsAndReads: Body = (m) => {
  Atomics.load(m, 0)
  Atomics.wait(m, 3, 0, 5)
  Atomics.add(m, 4, m[2] as number)
}
interface Asks {
  readonly earlyTimeouts?: number
  readonly races?: boolean
}
test.for<readonly [name: string, Hash: typeof StateHash, threads: readonly Body[], asks?: Asks]>([
  ['the clocks of races', NoClocks, [writesAndTells, sleepsAndReads], { races: true }],
  ['early time-outs', NoneUsed, [wakes, naps], { earlyTimeouts: 1 }],
  ['time', NoTime, [looksAtTheClock, (m) => void Atomics.notify(m, 0)]],
  ['the order of sleepers', NoRank, [sleeper(1), sleeper(2), wakesInTurn]],
])('the control, states that leave out $0, is caught by one program', ([, Hash, threads, asks = {}]) => {
  const of = (search: Searches, learning: boolean): readonly string[] => {
    const ends = new Set<string>()
    const finish = (m: Int32Array): void => void ends.add(Array.from(m).join())
    const program: Program = { memory: 5, threads, finish, races: false, ...asks }
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
