/**
 * Tables of lock_stat from several machines as one: counts and totals add up, the least and the most stay.
 */
import { POINTS } from './globals.ts'
import type { LockPoint, LockStatMode, LockStatRow, LockTime } from './report.ts'

function addTimes(a: LockTime, b: LockTime): LockTime {
  if (a.nr === 0 || b.nr === 0) return a.nr === 0 ? b : a
  return {
    nr: a.nr + b.nr,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    total: a.total + b.total,
  }
}

function addModes(a: LockStatMode, b: LockStatMode): LockStatMode {
  return {
    conBounces: a.conBounces + b.conBounces,
    acqBounces: a.acqBounces + b.acqBounces,
    wait: addTimes(a.wait, b.wait),
    hold: addTimes(a.hold, b.hold),
  }
}

/** As in one machine: a class has the first four places, a fifth is not counted. */
function addPoints(a: readonly LockPoint[], b: readonly LockPoint[]): LockPoint[] {
  const counts = new Map(a.map(({ symbol, count }) => [symbol, count]))
  for (const { symbol, count } of b) counts.set(symbol, (counts.get(symbol) ?? 0) + count)
  return Array.from(counts, ([symbol, count]) => ({ symbol, count })).slice(0, POINTS)
}

/** Both tables as one, most contended first. Rows are of the same class if they have its name. */
export function mergedLockStats(a: readonly LockStatRow[], b: readonly LockStatRow[]): LockStatRow[] {
  const rows = new Map(a.map((row) => [row.name, row]))
  for (const row of b) {
    const before = rows.get(row.name)
    const sum = before && {
      name: row.name,
      write: addModes(before.write, row.write),
      read: addModes(before.read, row.read),
      contentionPoints: addPoints(before.contentionPoints, row.contentionPoints),
      contendingPoints: addPoints(before.contendingPoints, row.contendingPoints),
    }
    rows.set(row.name, sum ?? row)
  }
  const contentions = ({ write, read }: LockStatRow): number => write.wait.nr + read.wait.nr
  return [...rows.values()].toSorted((x, y) => contentions(y) - contentions(x))
}
