/** What a bounded search leaves out on a whole machine, and where its executions begin, loses no trace. */
import { expect, test } from 'vitest'
import { dfsSearch } from '#lockstorm/explore/searches/dfs'
import { Meetings } from '#lockstorm/explore/searches/meetings'
import { drive, type SearchResult } from '#lockstorm/explore/searches/search'
import { Stage } from '#lockstorm/explore/stage'
import { modelOfRace } from '#lockstorm/models/races'
import { scenarioNamed } from '#lockstorm/races/registry'
import type { Scenario } from '#lockstorm/define/race'

/** Leaves nothing out. */
class All extends Meetings {
  override has(): boolean {
    return true
  }
  override asleep(): number {
    return 0
  }
}
/** Sleep sets as they are without a bound. */
class Sleepy extends Meetings {
  override asleep(_: number, tried: number): number {
    return tried
  }
}

function search({ engine }: Stage, Kind: typeof Meetings): SearchResult {
  const meetings = new Kind()
  for (;;) {
    const { known } = meetings
    const result = drive(engine, dfsSearch(engine, { bound: 1, cache: true, traces: true, meetings }))
    if (meetings.known === known) return result
  }
}

test('problem-1 under sharded, up to one preemption: the same traces, in a few of the executions', () => {
  using stage = new Stage(modelOfRace(scenarioNamed('problem-1') as Scenario, 'sharded'))
  const all = search(stage, All)
  const less = search(stage, Meetings)
  expect(all.traces.size).toBeGreaterThan(50)
  expect(less.traces).toEqual(all.traces)
  expect(less.executions).toBeLessThan(all.executions / 4)
  stage.engine.resumes = false
  const fromStart = search(stage, Meetings)
  expect(fromStart).toMatchObject({ executions: less.executions, steps: less.steps, traces: less.traces })
  // The control: it loses some.
  expect(search(stage, Sleepy).traces.size).toBeLessThan(all.traces.size)
}, 120_000)
