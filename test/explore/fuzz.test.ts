import { expect, test } from 'vitest'
import { fuzz, seeds } from '#lockstorm/explore/fuzz'
import { dfs, dfsMeeting } from '#lockstorm/explore/searches/dfs'
import { Meetings } from '#lockstorm/explore/searches/meetings'
import { drive } from '#lockstorm/explore/searches/search'

const shapes = [
  { cpus: 2, length: 8, earlyTimeouts: -1, programs: 60 },
  { cpus: 3, length: 4, earlyTimeouts: -1, programs: 40 },
  { cpus: 4, length: 2, earlyTimeouts: -1, programs: 30 },
  { cpus: 2, length: 6, earlyTimeouts: 0, programs: 60 },
  { cpus: 2, length: 6, earlyTimeouts: 1, programs: 60 },
  { cpus: 3, length: 3, earlyTimeouts: 0, programs: 40 },
  { cpus: 3, length: 3, earlyTimeouts: 1, programs: 40 },
  { cpus: 2, length: 5, earlyTimeouts: -1, extra: 'choices', programs: 40 },
  { cpus: 3, length: 3, earlyTimeouts: 1, extra: 'choices', programs: 30 },
  { cpus: 2, length: 6, earlyTimeouts: 0, extra: 'spurious', programs: 40 },
  { cpus: 3, length: 3, earlyTimeouts: 1, extra: 'spurious', programs: 30 },
] as const

test.for(shapes)(
  'DFS, cached DFS and DPOR see the same traces: $cpus CPUs × $length operations, early time-outs $earlyTimeouts',
  ({ programs, ...shape }) => {
    const report = fuzz(shape, seeds(programs))
    expect(report.mismatches).toEqual([])
    expect(report.agree).toBe(programs)
  },
)

test('the control, a search that stops at one preemption, loses traces and is caught', () => {
  const bounded = (engine: Parameters<typeof dfs>[0], limits: object): ReturnType<typeof dfs> =>
    dfs(engine, { ...limits, bound: 1 })
  const report = fuzz({ cpus: 2, length: 8, earlyTimeouts: -1 }, seeds(60), { reduced: bounded })
  expect(report.mismatches.length).toBeGreaterThan(10)
})

test('programs on which errors of a reduction have shown, agree', () => {
  const two = fuzz({ cpus: 3, length: 5, earlyTimeouts: -1 }, [1007, 1090, 1135, 1161, 1165, 1239, 1249])
  const three = fuzz({ cpus: 4, length: 3, earlyTimeouts: -1 }, [1008, 1044, 1092, 1210, 1218, 1288])
  expect([...two.mismatches, ...three.mismatches]).toEqual([])
}, 180_000)

const bounds = [
  { cpus: 2, length: 8, earlyTimeouts: -1, extra: 'own', bound: 2, programs: 80 },
  { cpus: 3, length: 4, earlyTimeouts: 0, extra: 'own', bound: 1, programs: 60 },
  { cpus: 2, length: 6, earlyTimeouts: 1, extra: 'own', bound: 1, programs: 60 },
  { cpus: 3, length: 4, earlyTimeouts: -1, extra: 'own', bound: Infinity, programs: 40 },
  { cpus: 2, length: 6, earlyTimeouts: 0, extra: 'spurious', bound: 2, programs: 40 },
] as const

test.for(bounds)(
  'without preemptions before words of a CPU, the same traces: $cpus CPUs × $length operations, bound $bound',
  ({ programs, bound, ...shape }) => {
    const less = (engine: Parameters<typeof dfs>[0], limits: object): ReturnType<typeof dfs> =>
      drive(engine, dfsMeeting(engine, limits))
    const report = fuzz(shape, seeds(programs), { bound, reduced: less })
    expect(report.mismatches).toEqual([])
    expect(report.agree).toBe(programs)
    expect(report.executions.dpor).toBeLessThan(3 * report.executions.cached)
  },
)

/** Knows of no word that CPUs meet on it. */
class Blind extends Meetings {
  override add(): void {}
}

test('the control, a search that knows of no word on which CPUs meet, loses traces and is caught', () => {
  const once = (engine: Parameters<typeof dfs>[0], limits: object): ReturnType<typeof dfs> =>
    dfs(engine, { ...limits, cache: true, meetings: new Blind() })
  const shape = { cpus: 3, length: 4, earlyTimeouts: -1 } as const
  expect(fuzz(shape, seeds(100), { bound: 2, reduced: once }).mismatches).not.toEqual([])
})
