import { expect, test } from 'vitest'
import { fuzz, seeds, type FuzzOptions, type FuzzReport } from '#lockstorm/explore/fuzz'
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

type Compared = NonNullable<FuzzOptions['reduced']>

/** A search with what a kind of meetings leaves out, until nothing new is met. */
function meeting(Kind: typeof Meetings, calm?: (addr: number) => boolean): Compared {
  return (engine, limits) => {
    const meetings = new Kind(undefined, calm)
    for (;;) {
      const { known } = meetings
      const result = dfs(engine, { ...limits, cache: true, meetings })
      if (meetings.known === known) return result
    }
  }
}

const bounds = [
  { cpus: 2, length: 8, earlyTimeouts: -1, extra: 'own', bound: 2, programs: 80 },
  { cpus: 3, length: 4, earlyTimeouts: 0, extra: 'own', bound: 1, programs: 60 },
  { cpus: 2, length: 6, earlyTimeouts: 1, extra: 'own', bound: 1, programs: 60 },
  { cpus: 3, length: 4, earlyTimeouts: -1, extra: 'own', bound: Infinity, programs: 40 },
  { cpus: 2, length: 6, earlyTimeouts: 0, extra: 'spurious', bound: 2, programs: 40 },
  { cpus: 3, length: 4, earlyTimeouts: -1, bound: 2, programs: 60 },
  { cpus: 2, length: 7, earlyTimeouts: -1, bound: 3, programs: 60 },
  { cpus: 2, length: 5, earlyTimeouts: -1, extra: 'objects', bound: 2, programs: 40 },
  { cpus: 3, length: 3, earlyTimeouts: -1, extra: 'objects', bound: 2, programs: 40 },
] as const

test.for(bounds)(
  'without preemptions that show nothing, the same traces: $cpus CPUs × $length operations, $extra, bound $bound',
  ({ programs, bound, ...shape }) => {
    const less: Compared = (engine, limits) => drive(engine, dfsMeeting(engine, limits))
    const report = fuzz(shape, seeds(programs), { bound, reduced: less })
    expect(report.mismatches).toEqual([])
    expect(report.agree).toBe(programs)
    expect(report.executions.dpor).toBeLessThan(3 * report.executions.cached)
  },
)

/** Knows of nobody who meets another. */
class Blind extends Meetings {
  override met(): void {}
}
/** Sleep sets as they are without a bound. */
class Sleepy extends Meetings {
  override asleep(_: number, tried: number): number {
    return tried
  }
}
/** Nobody sleeps. */
class Awake extends Meetings {
  override asleep(): number {
    return 0
  }
}
/** Lets one sleep also where it is not preempted before its next event, as that is calm. */
class Deaf extends Meetings {
  override isCalm(): boolean {
    return false
  }
}

test('the control, a search that knows of no word on which CPUs meet, loses traces and is caught', () => {
  const shape = { cpus: 3, length: 4, earlyTimeouts: -1 } as const
  expect(fuzz(shape, seeds(100), { bound: 2, reduced: meeting(Blind) }).mismatches).not.toEqual([])
})

test('the control, sleep sets that know no bound, lose traces and are caught', () => {
  const shape = { cpus: 3, length: 4, earlyTimeouts: -1 } as const
  expect(fuzz(shape, seeds(100), { bound: 1, reduced: meeting(Sleepy) }).mismatches).not.toEqual([])
})

const isOdd = (addr: number): boolean => addr % 2 === 1

test('a coarse search sees the same with sleepers and without, and less if they sleep before what is calm', () => {
  const shape = { cpus: 3, length: 5, earlyTimeouts: -1 } as const
  const whole = meeting(Awake, isOdd)
  const of = (Kind: typeof Meetings): FuzzReport =>
    fuzz(shape, seeds(60), { bound: 1, limit: 4000, whole, reduced: meeting(Kind, isOdd) })
  expect(of(Meetings).mismatches).toEqual([])
  expect(of(Deaf).mismatches).not.toEqual([])
})

test('the control, an execution that does not go back to what it was, is caught', () => {
  const shape = { cpus: 2, length: 6, earlyTimeouts: -1 } as const
  const wrong: Compared = (engine, limits) => {
    const { words } = engine
    const back = words.back.bind(words)
    words.back = (mark) => {
      back(mark)
      words.memory[1]! ^= 1
    }
    return dfs(engine, limits)
  }
  expect(fuzz(shape, seeds(10), { limit: 2000, reduced: wrong }).mismatches).not.toEqual([])
})
