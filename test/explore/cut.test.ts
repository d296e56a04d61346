/** Parts of a tree, searched apart: together they see what the whole sees, and no part can be left out. */
import { describe, expect, test } from 'vitest'
import { fuzz, seeds, type FuzzShape } from '#lockstorm/explore/fuzz'
import { subtreesOf } from '#lockstorm/explore/searches/cut'
import { runPhase, type Phase } from '#lockstorm/explore/searches/phase'
import type { Engine, Limits, SearchResult } from '#lockstorm/explore/searches/search'

const SHAPES: readonly FuzzShape[] = [
  { cpus: 2, length: 7, earlyTimeouts: 1 },
  { cpus: 3, length: 4, earlyTimeouts: -1 },
  { cpus: 3, length: 3, earlyTimeouts: 0, extra: 'choices' },
]

/** A search in so many parts, added up; those that `drop` names are left out. */
function inParts(search: Phase['search'], of: number, drop: number[] = []) {
  return (engine: Engine, limits: Limits): SearchResult => {
    const phase: Phase = { search }
    const results: SearchResult[] = []
    for (let index = 1; index <= of; index++) {
      if (drop.includes(index)) continue
      for (const subtree of subtreesOf(engine, phase, { index, of })) {
        results.push(runPhase(engine, phase, { ...limits, subtree }))
      }
    }
    return {
      ...(results[0] as SearchResult),
      exhausted: results.every(({ exhausted }) => exhausted),
      failures: Object.assign({}, ...results.map(({ failures }) => failures)) as SearchResult['failures'],
      traces: new Set(results.flatMap(({ traces }) => [...traces])),
    }
  }
}

describe.each(SHAPES)('random programs: %j', (shape) => {
  test.each(['dpor', 'dfs'] as const)('%s in 2 and in 7 parts sees every trace', (search) => {
    for (const of of [2, 7]) {
      const report = fuzz(shape, seeds(12), { reduced: inParts(search, of) })
      expect(report.mismatches).toEqual([])
      expect(report.agree).toBeGreaterThan(6)
    }
  })

  test('a part that is left out is missed', () => {
    const report = fuzz(shape, seeds(12), { reduced: inParts('dpor', 3, [2]) })
    expect(report.mismatches.length).toBeGreaterThan(0)
  })
})
