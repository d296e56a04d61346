/**
 * Totals, rates and fairness from the tally of a test.
 */
import type { Fairness, TortureResult } from '../results/torture.ts'
import type { Tally, TaskTally } from './tally.ts'
import type { TortureType } from './type.ts'

function fairnessOf(comm: string, tasks: readonly TaskTally[], counters: readonly string[]): Fairness[] {
  const at = counters.findIndex((_, i) => tasks.some(({ counts }) => (counts[i] ?? 0) > 0))
  const counter = counters[at]
  if (counter === undefined) return []
  const each = tasks.map(({ counts }) => counts[at] ?? 0)
  const min = Math.min(...each)
  const max = Math.max(...each)
  return [{ comm, counter, min, max, ratio: Math.round((min / max) * 1000) / 1000 }]
}

/** The counters' part of a result. */
export function measured(
  tally: Tally,
  type: Pick<TortureType, 'counters'>,
  durationMs: number,
): Pick<TortureResult, 'totals' | 'perSecond' | 'fairness' | 'tasks'> {
  const totals = Object.fromEntries(type.counters.map((name) => [name, tally.sum(name)]))
  const seconds = Math.max(durationMs, 1) / 1000
  const kinds = [...new Set(tally.tasks.map(({ comm }) => comm))]
  const ofKind = (comm: string): TaskTally[] => tally.tasks.filter((task) => task.comm === comm)
  return {
    totals,
    perSecond: Object.fromEntries(Object.entries(totals).map(([name, n]) => [name, Math.round(n / seconds)])),
    fairness: kinds.flatMap((comm) => fairnessOf(comm, ofKind(comm), type.counters)),
    tasks: tally.tasks.map((task) => ({ comm: task.comm, nr: task.nr, counters: tally.named(task) })),
  }
}
