/** Fault injection: the n-th fallible call fails, and no other. */
import { expect, test } from 'vitest'
import { createArena, fail_nth_seen, set_fail_nth } from '#lockstorm/mem/index'
import { should_fail } from '#lockstorm/mem/fault'

test.each([1, 2, 5])('only call %i of six fails, and calls are counted', (nth) => {
  createArena(1 << 20, 1)
  set_fail_nth(nth)
  const failed = Array.from({ length: 6 }, () => should_fail())
  expect(failed.map((did, i) => (did ? i + 1 : 0)).filter((n) => n > 0)).toEqual([nth])
  expect(fail_nth_seen()).toBe(6)
  set_fail_nth(0)
  expect([should_fail(), fail_nth_seen()]).toEqual([false, 0])
})
