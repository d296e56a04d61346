import { describe, expect, test, vi } from 'vitest'
import { Crew } from '#lockstorm/explore/crew'
import { fuzz, seeds } from '#lockstorm/explore/fuzz'
import { modelNamed } from '#lockstorm/models/index'
import { exploreOn } from '#lockstorm/explore/parallel'
import { dfs } from '#lockstorm/explore/searches/dfs'
import { dpor } from '#lockstorm/explore/searches/dpor'
import {
  HUNGRY,
  SHARED_WORDS,
  type Engine,
  type Limits,
  type SearchResult,
  type Subtree,
} from '#lockstorm/explore/searches/search'

type Search = (engine: Engine, limits: Limits) => SearchResult

/** A search that gives a part away after every `glance` executions, as if other cores were always hungry. */
function inParts(search: Search, glance: number): Search {
  return (engine, limits) => {
    const words = new Int32Array(new SharedArrayBuffer(SHARED_WORDS * 4))
    const queue: (Subtree | undefined)[] = [undefined]
    const results: SearchResult[] = []
    const sharing = { words, glance, give: (parts: readonly Subtree[]) => void queue.push(...parts) }
    for (let part = 0; part < queue.length; part++) {
      Atomics.store(words, HUNGRY, 1)
      const subtree = queue[part]
      results.push(search(engine, { ...limits, sharing, ...(subtree !== undefined && { subtree }) }))
    }
    const [first] = results as [SearchResult]
    return {
      ...first,
      executions: results.reduce((sum, one) => sum + one.executions, 0),
      exhausted: results.every(({ exhausted }) => exhausted),
      failures: Object.assign({}, ...results.map(({ failures }) => failures)) as SearchResult['failures'],
      traces: new Set(results.flatMap(({ traces }) => [...traces])),
    }
  }
}

describe.for([
  ['dpor', dpor],
  ['cached dfs', (engine: Engine, limits: Limits) => dfs(engine, { ...limits, cache: true })],
] as const)('%s in parts', ([, search]) => {
  test.for([1, 3])('sees the same traces when it gives away after every %i executions', (glance) => {
    const reduced = inParts(search, glance)
    const shapes = [
      { cpus: 2, length: 6, earlyTimeouts: -1 },
      { cpus: 3, length: 4, earlyTimeouts: -1 },
      { cpus: 2, length: 5, earlyTimeouts: 1 },
      { cpus: 3, length: 3, earlyTimeouts: 0 },
    ]
    for (const shape of shapes)
      expect(fuzz(shape, seeds(20), { reduced, limit: 20_000 }).mismatches).toEqual([])
  })
})

test('two cores exhaust what one does', async () => {
  await using crew = new Crew(2)
  const submitted = vi.spyOn(crew, 'submit')
  const verdict = await exploreOn(crew, await modelNamed('toy-mutex-3'), { search: 'dpor' })
  expect(verdict).toMatchObject({ verdict: 'holds', ok: true })
  // The first core has given a part away, for which there is no other than the second.
  expect(submitted.mock.calls.filter(([job]) => 'subtree' in job).length).toBeGreaterThan(0)
  const [{ executions, redundant }] = verdict.coverage as [(typeof verdict.coverage)[number]]
  // Traces of this model; what sleep sets cut short comes on top.
  expect(executions - redundant).toBe(4722)
})

test.for(['dpor', 'dfs', 'pct', 'pos', 'random', 'portfolio'] as const)(
  '%s on two cores finds a deadlock and draws it',
  async (search) => {
    await using crew = new Crew(2)
    const verdict = await exploreOn(crew, await modelNamed('abba'), { search })
    expect(verdict.failure).toMatchObject({ kind: 'deadlock', preemptions: 1 })
    expect(verdict.failure?.ladder.at(-1)).toBe(
      'Deadlock: cpu-0 sleeps on lock_b->state; cpu-1 sleeps on lock_a->state.',
    )
  },
)

test('a search that begins after the signal to end ends at once', async () => {
  await using crew = new Crew(1)
  const asked = AbortSignal.abort()
  const { verdict, coverage } = await exploreOn(
    crew,
    await modelNamed('toy-mutex-3'),
    { search: 'dpor' },
    undefined,
    asked,
  )
  expect({ verdict, searches: coverage.length }).toEqual({ verdict: 'passed', searches: 1 })
  expect(coverage[0]?.executions).toBeLessThan(100)
})

test('a worker that throws rejects its job and stays in service', async () => {
  await using crew = new Crew(1)
  await expect(crew.submit({ kind: 'explore', model: 'none', options: {} })).rejects.toThrow('no model')
  const { verdict } = await crew.submit({ kind: 'explore', model: 'abba', options: {} })
  expect(verdict).toBe('fails')
})
