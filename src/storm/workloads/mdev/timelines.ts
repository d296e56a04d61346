/**
 * What the CPUs of each cell did in a round, moment by moment. Loaded where it is asked for only: it brings the recorder's tables along.
 */
import { counted } from '../../../base/plural.ts'
import { takeTimeline, timeline_begin } from '../../../debug/timeline/globals.ts'
import type { Recording } from '../../../report/trace_events.ts'
import { FLOOR } from '../../../results/storm.ts'
import type { Cell } from './cell.ts'

/** Collects recordings, cell by cell. Main, while CPUs are parked. */
export class TraceBook {
  readonly recordings: Recording[] = []
  /** One sentence per cell of which something is missing. */
  readonly missing: string[] = []
  /** Report of the machine that broke the pass. */
  failure: string | undefined

  /** The round begins. */
  begin(view: Int32Array): void {
    timeline_begin(view)
  }

  /** It is over. */
  take(view: Int32Array, { strategy, vendor, cpus: count }: Cell): void {
    const cpus = takeTimeline(view).slice(0, count)
    if (strategy === FLOOR) return
    const name = `${strategy}, vendor ${vendor.label}, ${counted(count, 'CPU')}`
    this.recordings.push({ name, cpus: cpus.map(({ events }) => events) })
    const lost = cpus.reduce((sum, one) => sum + one.lost, 0)
    if (lost > 0) this.missing.push(`${name}: ${counted(lost, 'event')} at the end found no room`)
  }
}
