/**
 * Several searches of one program by turns, each turn twice as long as the one before: which of them is through first is not known
 * beforehand, and this costs at most so many times as much as the best.
 */
import { isLast } from './phase.ts'
import type { Running, Search, SearchResult } from './search.ts'

/** Executions of the first turn. */
const FIRST_TURN = 64

/** Runs them until one has failed or seen everything, or all have ended. Returns the results of those that have ended. */
export function* alternately(searches: readonly Search[]): Running<SearchResult[]> {
  const results: SearchResult[] = []
  let open = searches.map((search) => ({ search, step: search.next() }))
  for (let turn = FIRST_TURN; open.length > 0; turn *= 2) {
    for (const one of open) {
      for (let i = 0; i < turn && one.step.done !== true; i++)
        one.step = one.search.next(yield one.step.value)
      if (one.step.done !== true) continue
      results.push(one.step.value)
      if (isLast(one.step.value)) return results
    }
    open = open.filter(({ step }) => step.done !== true)
  }
  return results
}
