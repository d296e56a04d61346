import { expect, test } from 'vitest'
import { mergedLockStats, type LockStatMode, type LockStatRow, type LockTime } from '#lockstorm/debug/index'

function times(nr: number, min = 0, max = 0, total = 0): LockTime {
  return { nr, min, max, total }
}

function mode(wait: LockTime, hold: LockTime, bounces = 0): LockStatMode {
  return { conBounces: bounces, acqBounces: bounces + 1, wait, hold }
}

const NONE = mode(times(0), times(0), -1)

function row(name: string, write: LockStatMode, points: Readonly<Record<string, number>> = {}): LockStatRow {
  const places = Object.entries(points).map(([symbol, count]) => ({ symbol, count }))
  return { name, write, read: NONE, contentionPoints: places, contendingPoints: [] }
}

test('counts and totals add up, the least and the most stay, the most contended comes first', () => {
  const a = [
    row('quiet', mode(times(0), times(2, 5, 9, 14))),
    row('busy', mode(times(1, 4, 4, 4), times(1, 3, 3, 3), 1)),
  ]
  const b = [row('busy', mode(times(2, 1, 9, 10), times(4, 2, 8, 20), 2)), row('new', NONE)]
  const merged = mergedLockStats(a, b)
  expect(merged.map(({ name }) => name)).toEqual(['busy', 'quiet', 'new'])
  expect(merged[0]?.write).toEqual({
    conBounces: 3,
    acqBounces: 5,
    wait: times(3, 1, 9, 14),
    hold: times(5, 2, 8, 23),
  })
  // Never held in one of them: its 0 is no least time.
  expect(mergedLockStats(a, [row('quiet', NONE)])[1]?.write.hold).toEqual(times(2, 5, 9, 14))
})

test('a class keeps its first four places', () => {
  const [one] = mergedLockStats(
    [row('a', NONE, { f: 1, g: 2, h: 3 })],
    [row('a', NONE, { g: 4, i: 5, j: 6 })],
  )
  expect(one?.contentionPoints).toEqual([
    { symbol: 'f', count: 1 },
    { symbol: 'g', count: 6 },
    { symbol: 'h', count: 3 },
    { symbol: 'i', count: 5 },
  ])
})
