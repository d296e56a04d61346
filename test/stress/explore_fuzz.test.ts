import { expect, test } from 'vitest'
import { fuzz, seeds } from '#lockstorm/explore/fuzz'

// Three CPUs show most of what can go wrong: mutants of the dependence relation that nothing else catches fall there.
test('DFS, cached DFS and DPOR see the same traces of 2,000 random programs', () => {
  const runs = [
    fuzz({ cpus: 2, length: 8, earlyTimeouts: -1 }, seeds(300)),
    fuzz({ cpus: 3, length: 5, earlyTimeouts: -1 }, seeds(800)),
    fuzz({ cpus: 4, length: 3, earlyTimeouts: -1 }, seeds(200)),
    fuzz({ cpus: 2, length: 7, earlyTimeouts: 0 }, seeds(150)),
    fuzz({ cpus: 2, length: 7, earlyTimeouts: 1 }, seeds(150)),
    fuzz({ cpus: 3, length: 4, earlyTimeouts: 0 }, seeds(200)),
    fuzz({ cpus: 3, length: 4, earlyTimeouts: 1 }, seeds(200)),
  ]
  expect(runs.flatMap(({ mismatches }) => mismatches)).toEqual([])
  const agreeing = runs.reduce((sum, { agree }) => sum + agree, 0)
  const skipped = runs.reduce((sum, run) => sum + run.skipped, 0)
  expect(agreeing + skipped).toBe(2000)
  expect(skipped).toBeLessThan(20)
})
