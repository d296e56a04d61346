/**
 * Depth-first search over schedules, up to a number of preemptions, optionally with happens-before caching: a prefix
 * whose trace has been visited with as few preemptions is not followed again.
 *
 * Sound    both, and together: unlike sleep sets and DPOR, caching works under a preemption bound.
 * Less     a CPU that goes on with a word of its own is not preempted before that: meetings.ts.
 * Cost     a preemption is a switch away from a CPU that could have gone on (not after cpu_relax), or an early time-out.
 * Source   Musuvathi & Qadeer, "Iterative context bounding", PLDI 2007; happens-before caching: CHESS, OSDI 2008.
 */
import { WRITES } from '../dependence.ts'
import { HappensBefore } from '../happens_before.ts'
import { follow } from './dpor.ts'
import { boundsUpTo, Meetings } from './meetings.ts'
import { Path } from './path.ts'
import { drive, merged, Tally, type Engine, type Limits, type Search, type SearchResult } from './search.ts'
import { Walk } from './walk.ts'

/** Bound and caching of a depth-first search. */
export interface DfsOptions extends Limits {
  /** Most preemptions; Infinity is all schedules. */
  readonly bound?: number
  readonly cache?: boolean
  /** Leaves out preemptions before words that are not in it; needs the cache. Repeat until it has not grown: dfsMeeting. */
  readonly meetings?: Meetings
  /** The words that the model calls calm are not taken in. */
  readonly coarse?: boolean
}

/** Searches depth first. */
export function dfs(engine: Engine, options: DfsOptions = {}): SearchResult {
  return drive(engine, dfsSearch(engine, options))
}

/** The same as a search in progress. */
export function* dfsSearch(engine: Engine, options: DfsOptions = {}): Search {
  const { bound = Infinity, cache = false, coarse = false, meetings } = options
  const upTo = bound === Infinity ? '' : ` bound ${bound}`
  const name = `dfs${upTo}${coarse ? ', coarse' : ''}${cache ? ', cached' : ''}`
  const tally = new Tally(options)
  const path = new Path(engine.rules.maxSteps + 1, meetings)
  engine.onRacy = meetings && ((addr, cpu) => meetings.met(addr, cpu, WRITES))
  const order = cache || options.traces === true ? new HappensBefore(engine, meetings) : undefined
  const policy = new Walk(engine.rules.maxSteps, path, { bound, cache, order, meetings })
  // Nodes above the floor belong to others.
  let floor = follow(policy, options.subtree)
  for (;;) {
    const outcome = tally.ran(engine, yield policy)
    policy.take(engine)
    if (order !== undefined) tally.noteTrace(order, outcome)
    if (tally.mayGive()) floor = giveAway(tally, path, floor, { depth: policy.depth, bound })
    const d = path.last(floor, policy.depth, bound)
    if (d < floor) return tally.result(name, true)
    if (tally.spent()) return tally.result(name, false)
    policy.turn(d, path.next(d, bound))
  }
}

/** The search with caching, without preemptions that show nothing, repeated until all words are known on which CPUs meet. */
export function* dfsMeeting(engine: Engine, options: DfsOptions): Search {
  const { executions = Infinity, ms = Infinity, coarse = false } = options
  const meetings = new Meetings(undefined, coarse ? engine.calm : undefined)
  const passes: SearchResult[] = []
  for (const bound of boundsUpTo(options.bound)) {
    for (let known = -1; known < meetings.known;) {
      known = meetings.known
      const left = passes.reduce((n, pass) => n - pass.executions, executions)
      const msLeft = passes.reduce((n, pass) => n - pass.ms, ms)
      const limits = { ...options, executions: left, ms: msLeft }
      const pass = yield* dfsSearch(engine, { ...limits, bound, cache: true, meetings })
      passes.push(pass)
      if (!pass.exhausted) return merged(passes)
    }
  }
  return merged(passes)
}

/** Gives away what is left at the topmost node that has anything left. Returns the new floor. */
function giveAway(
  tally: Tally,
  path: Path,
  floor: number,
  { depth, bound }: { readonly depth: number; readonly bound: number },
): number {
  for (let d = floor; d < depth; d++) {
    const parts = path.split(d, bound)
    if (parts.length === 0) continue
    tally.give(parts)
    return d + 1
  }
  return floor
}
