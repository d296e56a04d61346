/**
 * The lines of figures that a torture of a user's lock ends with.
 */
import { statLine } from '../stat_line.ts'
import type { Tally } from '../tally.ts'
import * as c from './control.ts'

/** Writes and reads as locktorture has them, and the longest call. The tally has been collected. */
export function ownStats(tally: Tally, control: Int32Array): string[] {
  const ways = [
    ['Writes', 'acquired_write', 'writer', ['fail_writer_writer', 'fail_writer_reader']],
    ['Reads ', 'acquired_read', 'reader', ['fail_reader_writer']],
  ] as const
  const lines = ways.flatMap(([title, counter, comm, failures]) => {
    const each = tally.each(counter, comm)
    const failed = failures.reduce((sum, one) => sum + tally.sum(one), 0)
    return each.length === 0 ? [] : [statLine(title, each, failed)]
  })
  const longest = tally.tasks.map((_, i) => Atomics.load(control, c.slotOf(i) + c.LONGEST))
  const most = Math.max(...longest)
  return [
    ...lines,
    `Longest call: ${(most / 1000).toFixed(1)} ms, of thread ${longest.indexOf(most)}; ` +
      `tried ${tally.sum('tried')}, refused ${tally.sum('refused')}; ` +
      `with a time-out ${tally.sum('timed')}, timed out ${tally.sum('timed_out')}`,
  ]
}
