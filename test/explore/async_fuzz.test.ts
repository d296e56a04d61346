import { expect, test } from 'vitest'
import { stagedAsync, type AsyncProgram, type AsyncStage } from '#lockstorm/explore/helper/async_stage'
import { choose } from '#lockstorm/explore/helper/index'
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
  switch (dice.below(15)) {
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
    case 9:
      return async (m, _agent, sum) => {
        let tries = 0
        for (; tries < 2 && Atomics.load(m, at) === value; tries++) {
          const { async, value: waited } = Atomics.waitAsync(m, at, value, 5)
          // eslint-disable-next-line no-await-in-loop -- one try after the other
          if (async) await waited
        }
        return sum + tries
      }
    case 10:
      return async (m, _agent, sum) => {
        try {
          Atomics.add(m, at, 1)
          await Promise.resolve()
          Atomics.load(m, 1 - at)
        } finally {
          Atomics.add(m, at, 1)
        }
        return sum
      }
    case 11:
      return (m, _agent, sum) => {
        queueMicrotask(() => void Atomics.add(m, 2, 1))
        return sum
      }
    case 12:
      return async (m, _agent, sum) => {
        const waits = [Atomics.waitAsync(m, at, value, 5), Atomics.waitAsync(m, 1 - at, value, 5)]
        const pending = waits.flatMap(({ async, value: waited }) => (async ? [waited] : []))
        return sum * 2 + (pending.length > 1 && (await Promise.race(pending)) === 'ok' ? 1 : 0)
      }
    case 13:
      return (_m, _agent, sum) => sum * 2 + choose(2)
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

const LIMIT = 1500

async function compare(program: AsyncProgram): Promise<'agree' | 'skipped' | 'differ'> {
  const run = async ({ engine }: AsyncStage): Promise<'agree' | 'skipped' | 'differ'> => {
    const all = { keepGoing: true, traces: true, executions: LIMIT }
    const full = await driveAsync(engine, dfsSearch(engine, all))
    if (!full.exhausted) return 'skipped'
    const reduced = await driveAsync(engine, dporSearch(engine, all))
    const cached = await driveAsync(engine, dfsSearch(engine, { ...all, cache: true }))
    const same = (other: SearchResult): boolean =>
      other.exhausted &&
      other.traces.size === full.traces.size &&
      [...other.traces].every((trace) => full.traces.has(trace))
    const differs = 'uncontrolled nondeterminism' in full.failures
    return same(reduced) && same(cached) && !differs ? 'agree' : 'differ'
  }
  // Every execution is run twice.
  return stagedAsync(program, run, 1)
}

test.for([
  { bodies: 2, length: 3, programs: 60 },
  { bodies: 3, length: 1, programs: 14 },
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
    expect(results.filter((result) => result === 'agree').length).toBeGreaterThan(shape.programs / 5)
  },
)
