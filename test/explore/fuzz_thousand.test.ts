import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fuzz, fuzzTotal, seeds, type FuzzReport, type FuzzShape } from '#lockstorm/explore/fuzz'

// Three CPUs show most of what can go wrong: mutants of the dependence relation that nothing else catches fall there.
const SHAPES: readonly [shape: FuzzShape, programs: number][] = [
  [{ cpus: 2, length: 8, earlyTimeouts: -1 }, 150],
  [{ cpus: 3, length: 5, earlyTimeouts: -1 }, 400],
  [{ cpus: 4, length: 3, earlyTimeouts: -1 }, 100],
  [{ cpus: 2, length: 7, earlyTimeouts: 0 }, 75],
  [{ cpus: 2, length: 7, earlyTimeouts: 1 }, 75],
  [{ cpus: 3, length: 4, earlyTimeouts: 0 }, 100],
  [{ cpus: 3, length: 4, earlyTimeouts: 1 }, 100],
]
/** Programs between two turns of the event loop, on which the watchdog of the tests looks. */
const BATCH = 10

test('DFS, cached DFS and DPOR see the same traces of 1,000 random programs', async () => {
  const reports: FuzzReport[] = []
  for (const [shape, programs] of SHAPES) {
    const all = seeds(programs)
    for (let at = 0; at < all.length; at += BATCH) {
      reports.push(fuzz(shape, all.slice(at, at + BATCH)))
      await setImmediate()
    }
  }
  const { agree, mismatches, skipped } = fuzzTotal(reports)
  expect(mismatches).toEqual([])
  expect(agree + skipped).toBe(1000)
  expect(skipped).toBeLessThan(10)
}, 600_000)
