/**
 * The test of the explorer itself: random programs whose trace sets under DFS, cached DFS and DPOR must be equal. Verdicts
 * do not suffice: most errors of a reduction lose traces without losing a verdict. Never drop it, never weaken it.
 */
import { dfs } from './searches/dfs.ts'
import { dpor } from './searches/dpor.ts'
import { Dice } from './searches/sample.ts'
import type { Engine, Limits, SearchResult } from './searches/search.ts'
import { ALLOC, FREE } from './engine/log.ts'
import { Reexec } from './engine/reexec.ts'

/** Shape of the random programs. */
export interface FuzzShape {
  readonly cpus: number
  /** Most operations of one CPU. */
  readonly length: number
  /** Time-outs each CPU may let fire early; −1 leaves timed waits out. */
  readonly earlyTimeouts: number
  /** Steps of a kind that the older shapes leave out, so that their seeds mean what they always have. */
  readonly extra?: 'choices' | 'spurious' | 'own' | 'objects'
}

/** How the fuzzer searches. */
export interface FuzzOptions {
  /** Executions after which a search of one program is given up. */
  readonly limit?: number
  /** Preemptions up to which all searches go; no bound if not given. */
  readonly bound?: number
  /** The search that is compared with; plain DFS if not given. */
  readonly whole?: (engine: Engine, limits: Limits) => SearchResult
  /** The search that is put to the test; DPOR if not given. */
  readonly reduced?: (engine: Engine, limits: Limits) => SearchResult
}

/** What a run of the fuzzer found. */
export interface FuzzReport {
  readonly agree: number
  /** Seeds whose trace sets differ. */
  readonly mismatches: readonly number[]
  /** Programs too large for the unreduced search. */
  readonly skipped: number
  readonly executions: { readonly dfs: number; readonly cached: number; readonly dpor: number }
  readonly traces: number
}

const WORDS = 16
/** Words the programs work on; 0 is left alone, the engine keeps it for cpu_relax. */
const BASE = 1
/** The words of which each CPU has one for itself. */
const OWN = 4
/** An object that who has the word before it allocates, uses and frees. */
const OBJECT = 13

type Step = (engine: Reexec, sum: number) => number

/** One random operation. Reads feed `sum`, which later operations branch on. */
function randomStep(dice: Dice, timed: boolean, extra: FuzzShape['extra'], own: number): Step {
  if (extra === 'choices' && dice.below(4) === 0) {
    const n = 2 + dice.below(2)
    return (e, sum) => sum + e.choose(n)
  }
  if (extra === 'objects' && dice.below(2) === 0) return useObject
  const op = dice.below(timed ? 10 : 9)
  const a = extra === 'own' && dice.below(2) === 0 ? own : BASE + dice.below(2)
  const v = dice.below(2)
  switch (op) {
    case 0:
      return (e, sum) => sum + e.READ_ONCE(a)
    case 1:
      return (e, sum) => (e.WRITE_ONCE(a, v), sum)
    case 2:
      return (e, sum) => sum + e.fetch_add(a, 1)
    case 3:
      return (e, sum) => sum + e.cmpxchg(a, v, v ^ 1)
    case 4:
      return (e, sum) => sum + e.xchg(a, v)
    case 5:
      return (e, sum) => (e.futex_wait(a, v, Infinity), sum)
    case 6:
      return (e, sum) => sum + e.futex_wake(a, 1)
    case 7:
      return (e, sum) => (e.futex_wake(a, Infinity), sum)
    case 8:
      return (e, sum) => (e.READ_ONCE(a) === v ? sum : (e.cpu_relax(), sum + e.READ_ONCE(a)))
    default:
      return (e, sum) => sum + e.futex_wait(a, v, 1000)
  }
}

/** Whoever comes first has an object, at an address where others have had theirs. */
function useObject(e: Reexec, sum: number): number {
  if (e.cmpxchg(OBJECT - 1, 0, 1) !== 0) return sum
  e.note(ALLOC, OBJECT, 1)
  e.WRITE_ONCE(OBJECT, sum)
  const seen = e.fetch_add(OBJECT, 1)
  e.note(FREE, OBJECT, 1)
  e.WRITE_ONCE(OBJECT - 1, 0)
  return seen + 1
}

/** A random program: straight lines with branches on what was read. */
function randomProgram(seed: number, { cpus, length, earlyTimeouts, extra }: FuzzShape): Reexec {
  const dice = new Dice(seed)
  const bodies = Array.from({ length: cpus }, (_, cpu) => {
    const steps = Array.from({ length: 1 + dice.below(length) }, () => ({
      step: randomStep(dice, earlyTimeouts >= 0, extra, OWN + cpu),
      branch: dice.below(3) === 2,
    }))
    return (): void => {
      let sum = 0
      for (const { step, branch } of steps) if (!branch || (sum & 1) === 0) sum = step(engine, sum)
    }
  })
  const rules = {
    maxSteps: 600,
    earlyTimeouts: Math.max(0, earlyTimeouts),
    spuriousWakeups: extra === 'spurious' ? 1 : 0,
    races: false,
    lowest: BASE,
  }
  const engine: Reexec = new Reexec(new Int32Array(WORDS), { bodies }, rules)
  return engine
}

function same(a: SearchResult, b: SearchResult): boolean {
  if (a.traces.size !== b.traces.size) return false
  for (const key of a.traces) if (!b.traces.has(key)) return false
  return Object.keys(a.failures).toSorted().join() === Object.keys(b.failures).toSorted().join()
}

/** Seeds 1 … n. */
export function seeds(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}

/** Programs of 2,000: three CPUs show most of what can go wrong. */
const MIX: readonly (readonly [count: number, shape: FuzzShape])[] = [
  [300, { cpus: 2, length: 8, earlyTimeouts: -1 }],
  [800, { cpus: 3, length: 5, earlyTimeouts: -1 }],
  [200, { cpus: 4, length: 3, earlyTimeouts: -1 }],
  [150, { cpus: 2, length: 7, earlyTimeouts: 0 }],
  [150, { cpus: 2, length: 7, earlyTimeouts: 1 }],
  [200, { cpus: 3, length: 4, earlyTimeouts: 0 }],
  [200, { cpus: 3, length: 4, earlyTimeouts: 1 }],
]
const MIXED = 2000
const CHUNK = 50

/** Programs to be compared together. */
export interface FuzzTask {
  readonly shape: FuzzShape
  readonly seeds: readonly number[]
}

/** `programs` programs of all shapes, in tasks of some fifty; seeds count from `seed`. */
export function fuzzTasks(programs: number, seed = 1): FuzzTask[] {
  let upTo = 0
  let taken = 0
  return MIX.flatMap(([count, shape]) => {
    upTo += count
    const n = Math.round((programs * upTo) / MIXED) - taken
    taken += n
    const all = seeds(n).map((each) => each + seed - 1)
    return Array.from({ length: Math.ceil(n / CHUNK) }, (_, i) => ({
      shape,
      seeds: all.slice(i * CHUNK, (i + 1) * CHUNK),
    }))
  })
}

/** Adds reports up. */
export function fuzzTotal(reports: readonly FuzzReport[]): FuzzReport {
  const sum = (of: (report: FuzzReport) => number): number => reports.reduce((all, one) => all + of(one), 0)
  return {
    agree: sum(({ agree }) => agree),
    mismatches: reports.flatMap(({ mismatches }) => mismatches),
    skipped: sum(({ skipped }) => skipped),
    executions: {
      dfs: sum(({ executions }) => executions.dfs),
      cached: sum(({ executions }) => executions.cached),
      dpor: sum(({ executions }) => executions.dpor),
    },
    traces: sum(({ traces }) => traces),
  }
}

/** Compares the searches on the programs of these seeds. */
export function fuzz(shape: FuzzShape, from: readonly number[], options: FuzzOptions = {}): FuzzReport {
  const { limit = 60_000, bound = Infinity, whole = dfs, reduced: search = dpor } = options
  const mismatches: number[] = []
  const executions = { dfs: 0, cached: 0, dpor: 0 }
  let agree = 0
  let skipped = 0
  let traces = 0
  for (const seed of from) {
    const engine = randomProgram(seed, shape)
    const all = { keepGoing: true, traces: true, executions: limit, bound }
    // What the others are compared with begins each execution at the start.
    engine.resumes = false
    const full = whole(engine, all)
    engine.resumes = true
    const cached = dfs(engine, { ...all, cache: true })
    const reduced = search(engine, all)
    const plain = whole === dfs
    const reference = full.exhausted ? full : plain && cached.exhausted ? cached : undefined
    if (reference === undefined || !reduced.exhausted) skipped++
    else if (same(reference, reduced) && (!plain || !cached.exhausted || same(reference, cached))) agree++
    else mismatches.push(seed)
    executions.dfs += full.executions
    executions.cached += cached.executions
    executions.dpor += reduced.executions
    traces += reduced.traces.size
  }
  return { agree, mismatches, skipped, executions, traces }
}
