import { expect, test } from 'vitest'
import { stagedAsync, type AsyncProgram } from '#lockstorm/explore/helper/async_stage'
import { dfsSearch } from '#lockstorm/explore/searches/dfs'
import { dporSearch } from '#lockstorm/explore/searches/dpor'
import { Dice } from '#lockstorm/explore/searches/sample'
import { driveAsync, type SearchResult } from '#lockstorm/explore/searches/search'

// The searches must see the same traces of async programs as of others: DFS is the reference, DPOR the reduction.

type Body = AsyncProgram['threads'][number]
type Step = (m: Int32Array, agent: Parameters<Body>[1], sum: number) => number | Promise<number>

function randomStep(dice: Dice, cpu: number, bodies: number): Step {
  const at = dice.below(2)
  const value = dice.below(2)
  const other = (cpu + 1 + dice.below(bodies - 1)) % bodies
  switch (dice.below(10)) {
    case 0:
      return (m, _agent, sum) => sum + Atomics.load(m, at)
    case 1:
      return (m, _agent, sum) => (Atomics.store(m, at, value), sum)
    case 2:
      return (m, _agent, sum) => sum + Atomics.add(m, at, 1)
    case 3:
      return async (m, _agent, sum) => {
        const { async, value: waited } = Atomics.waitAsync(m, at, value)
        return async && (await waited) === 'ok' ? sum + 1 : sum
      }
    case 4:
      return (m, _agent, sum) => sum + Atomics.notify(m, at, 1)
    case 5:
      return (m, _agent, sum) => sum + Atomics.notify(m, at)
    case 6:
      return async (_m, _agent, sum) => {
        await Promise.resolve()
        return sum
      }
    case 7:
      return async (_m, _agent, sum) => {
        await new Promise<void>((resolve) => void setTimeout(resolve, value * 5))
        return sum
      }
    case 8:
      return (_m, agent, sum) => {
        agent.port(other).postMessage(value)
        return sum
      }
    default:
      return async (m, _agent, sum) => {
        const { async, value: waited } = Atomics.waitAsync(m, at, value, 5)
        return async && (await waited) === 'ok' ? sum + 1 : sum
      }
  }
}

function randomProgram(seed: number, bodies: number, length: number): AsyncProgram {
  const dice = new Dice(seed)
  const threads = Array.from({ length: bodies }, (_none, cpu): Body => {
    const steps = Array.from({ length: 1 + dice.below(length) }, () => ({
      step: randomStep(dice, cpu, bodies),
      branch: dice.below(3) === 2,
    }))
    return async (m, agent) => {
      let sum = 0
      for (let i = 0; i < bodies; i++)
        if (i !== cpu) agent.port(i).on('message', () => void Atomics.add(m, 2, 1))
      Atomics.load(m, 3)
      for (const { step, branch } of steps) {
        // eslint-disable-next-line no-await-in-loop -- one step after the other
        if (!branch || (sum & 1) === 0) sum = await step(m, agent, sum)
      }
    }
  })
  return { memory: 4, threads, races: false }
}

const LIMIT = 4000

async function compare(program: AsyncProgram): Promise<'agree' | 'skipped' | 'differ'> {
  return stagedAsync(program, async ({ engine }) => {
    const all = { keepGoing: true, traces: true, executions: LIMIT }
    const full = await driveAsync(engine, dfsSearch(engine, all))
    if (!full.exhausted) return 'skipped'
    const reduced = await driveAsync(engine, dporSearch(engine, all))
    const cached = await driveAsync(engine, dfsSearch(engine, { ...all, cache: true }))
    const same = (other: SearchResult): boolean =>
      other.exhausted &&
      other.traces.size === full.traces.size &&
      [...other.traces].every((trace) => full.traces.has(trace))
    return same(reduced) && same(cached) ? 'agree' : 'differ'
  })
}

test.for([
  { bodies: 2, length: 3, programs: 20 },
  { bodies: 3, length: 1, programs: 10 },
])(
  'DFS, cached DFS and DPOR see the same traces: $bodies bodies × $length steps',
  { timeout: 120_000 },
  async (shape) => {
    const results: string[] = []
    for (let seed = 1; seed <= shape.programs; seed++) {
      // eslint-disable-next-line no-await-in-loop -- one exploration at a time
      const result = await compare(randomProgram(seed, shape.bodies, shape.length))
      results.push(result === 'differ' ? `seed ${seed}` : result)
    }
    expect(results.filter((result) => result.startsWith('seed'))).toEqual([])
    expect(results.filter((result) => result === 'agree').length).toBeGreaterThan(shape.programs / 4)
  },
)
