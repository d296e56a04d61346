import { expect, test } from 'vitest'
import { choose, cpuRelax, type Program } from '#lockstorm/explore/helper/index'
import type { LearningEngine } from '#lockstorm/explore/helper/learning_engine'
import { staged } from '#lockstorm/explore/helper/stage'
import { dpor } from '#lockstorm/explore/searches/dpor'
import { Dice } from '#lockstorm/explore/searches/sample'
import type { Engine, Limits, SearchResult, States } from '#lockstorm/explore/searches/search'
import { states } from '#lockstorm/explore/searches/states'

/**
 * Random programs as texts, so that the explorer can read them. What they end with must be the same whether their bodies run in each
 * execution or are learned, and whether equal states are told from each other or not.
 */
interface Shape {
  readonly cpus: number
  readonly length: number
  readonly rounds: number
  /** Some of the bodies are one function. */
  readonly alike: boolean
  readonly races?: boolean
  readonly earlyTimeouts?: number
  readonly spurious?: number
  readonly relaxes?: boolean
  readonly plain?: boolean
  readonly chooses?: boolean
  readonly throws?: boolean
}

function statement(dice: Dice, { earlyTimeouts, relaxes, plain, chooses, throws }: Shape): string {
  const word = dice.below(2)
  const value = dice.below(2)
  const timed = earlyTimeouts === undefined ? '' : ', 5'
  const kinds = [
    `sum = sum * 2 + Atomics.load(m, ${word})`,
    `Atomics.store(m, ${word}, ${value})`,
    `sum = sum * 2 + Atomics.add(m, ${word}, 1)`,
    `sum = sum * 2 + Atomics.compareExchange(m, ${word}, ${value}, ${1 - value})`,
    `sum = sum * 2 + Atomics.exchange(m, ${word}, ${value})`,
    `if (Atomics.wait(m, ${word}, ${value}${timed}) === 'timed-out') sum++`,
    `sum = sum * 2 + Atomics.notify(m, ${word}, 1)`,
    `Atomics.notify(m, ${word})`,
    ...(relaxes === true
      ? [`if (Atomics.load(m, ${word}) === ${value}) { relax(); sum = sum * 2 + Atomics.load(m, ${word}) }`]
      : []),
    ...(plain === true ? [`m[2] = m[2] + 1`, `sum = sum * 2 + m[${word + 2}]`] : []),
    ...(throws === true ? [`if (Atomics.load(m, ${word}) === ${value + 1}) throw new Error('no')`] : []),
    ...(chooses === true ? [`sum = sum * 2 + choose(2)`] : []),
  ]
  return kinds[dice.below(kinds.length)] as string
}

function bodyText(dice: Dice, shape: Shape): string {
  const lines = Array.from({ length: 1 + dice.below(shape.length) }, () => {
    const line = statement(dice, shape)
    return dice.below(3) === 2 ? `if ((sum & 1) === 0) { ${line} }` : line
  })
  const inside = lines.join('\n    ')
  const body =
    shape.rounds > 1 ? `for (let i = 0; i < ${shape.rounds}; i++) {\n ${inside}\n sum = 0 }` : inside
  return `(m) => {\n let sum = 0\n ${body}\n Atomics.add(m, 4, sum * sum + sum) }`
}

const relax = (): void => cpuRelax()

function programOf(seed: number, shape: Shape, ends: Set<string>): Program {
  const dice = new Dice(seed)
  const make = (text: string): ((m: Int32Array) => void) =>
    // eslint-disable-next-line typescript/no-implied-eval -- the explorer reads the text of bodies
    new Function('relax', 'choose', `return ${text}`)(relax, choose) as (m: Int32Array) => void
  const one = make(bodyText(dice, shape))
  const threads = Array.from({ length: shape.cpus }, (_, i) =>
    shape.alike && i < 2 ? one : make(bodyText(dice, shape)),
  )
  const { races = false, earlyTimeouts = 0, spurious = 0 } = shape
  return {
    memory: 5,
    threads,
    races,
    earlyTimeouts,
    spuriousWakeups: spurious,
    maxSteps: 400,
    finish: (m) => void ends.add(Array.from(m).join()),
  }
}

/** What a search of a program has found. */
interface Found {
  readonly result: SearchResult
  readonly ends: string
  readonly kinds: string
}

type Searches = (engine: Engine, limits: Limits) => SearchResult

function found(seed: number, shape: Shape, learning: boolean, search: Searches): Found {
  const ends = new Set<string>()
  const program = programOf(seed, shape, ends)
  const spurious = (shape.spurious ?? 0) > 0
  return staged(program, { spurious, learning }, ({ engine, stateless }) => {
    // Executions that were given up because of a finer grain have been seen too.
    ends.clear()
    if (learning) expect(stateless).toBe('')
    const result = search(engine, { keepGoing: true, traces: search !== states, executions: 4000 })
    const kinds = Object.keys(result.failures).toSorted().join()
    return { result, ends: [...ends].toSorted().join(' '), kinds }
  })
}

/** Seeds on which the searches disagree; how many were small enough to be seen whole. */
function compare(
  shape: Shape,
  seeds: number,
  reduced: Searches = states,
): { agree: number; wrong: number[] } {
  let agree = 0
  const wrong: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const full = found(seed, shape, false, dpor)
    const learned = found(seed, shape, true, dpor)
    const merged = found(seed, shape, true, reduced)
    if (!full.result.exhausted || !learned.result.exhausted || !merged.result.exhausted) continue
    const traces = (one: Found): string => [...one.result.traces].toSorted((a, b) => a - b).join()
    const same =
      traces(full) === traces(learned) &&
      [learned, merged].every(({ ends, kinds }) => ends === full.ends && kinds === full.kinds)
    if (same) agree++
    else wrong.push(seed)
  }
  return { agree, wrong }
}

interface Case extends Shape {
  readonly name: string
  readonly programs: number
  /** Of which at least so many are small enough to be seen whole. */
  readonly least: number
}

const cases: readonly Case[] = [
  { name: 'two alike, two rounds', cpus: 2, length: 3, rounds: 2, alike: true, programs: 20, least: 13 },
  { name: 'three, two alike', cpus: 3, length: 3, rounds: 1, alike: true, programs: 15, least: 8 },
  { name: 'three that differ', cpus: 3, length: 3, rounds: 1, alike: false, programs: 10, least: 5 },
  {
    name: 'races of plain accesses',
    cpus: 2,
    length: 4,
    rounds: 1,
    alike: true,
    races: true,
    plain: true,
    programs: 25,
    least: 18,
  },
  {
    name: 'plain accesses as steps',
    cpus: 2,
    length: 4,
    rounds: 1,
    alike: true,
    plain: true,
    programs: 15,
    least: 8,
  },
  {
    name: 'early time-outs',
    cpus: 2,
    length: 4,
    rounds: 1,
    alike: true,
    earlyTimeouts: 1,
    programs: 15,
    least: 8,
  },
  {
    name: 'spurious wake-ups',
    cpus: 2,
    length: 4,
    rounds: 1,
    alike: true,
    spurious: 1,
    programs: 15,
    least: 8,
  },
  {
    name: 'loops that relax',
    cpus: 3,
    length: 3,
    rounds: 1,
    alike: true,
    relaxes: true,
    programs: 15,
    least: 5,
  },
  {
    name: 'bodies that throw',
    cpus: 2,
    length: 4,
    rounds: 2,
    alike: true,
    throws: true,
    programs: 10,
    least: 3,
  },
  { name: 'choices', cpus: 2, length: 4, rounds: 1, alike: true, chooses: true, programs: 10, least: 5 },
]

test.for(cases)(
  '$name: learned or run, merged or not, the ends are the same',
  { timeout: 120_000 },
  ({ name: _name, programs, least, ...shape }) => {
    const { agree, wrong } = compare(shape, programs)
    expect(wrong).toEqual([])
    expect(agree).toBeGreaterThanOrEqual(least)
  },
)

/** States that leave out what is in the memory. */
const forgetful: Searches = (engine, limits) => {
  const run = engine as unknown as LearningEngine & { states: States }
  const { states: real } = run
  const positions = { high: 0, low: 1, generation: 0, take: (): void => {} }
  positions.take = () => {
    positions.high = 0
    positions.generation = real.generation
    for (let cpu = 0; cpu < run.cpus; cpu++)
      positions.high = (Math.imul(positions.high, 10_007) + run.stepOf(cpu).id * 4 + run.status[cpu]!) | 0
  }
  run.states = positions
  return states(engine, limits)
}

test('the control, a search whose states leave out the memory, misses ends and is caught', () => {
  const { wrong } = compare({ cpus: 3, length: 3, rounds: 1, alike: true }, 20, forgetful)
  expect(wrong.length).toBeGreaterThan(0)
}, 60_000)
