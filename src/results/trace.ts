/**
 * Timelines, `lockstorm/trace@1`: what `--trace` writes. It is Chrome's trace format as an object, which Perfetto,
 * chrome://tracing, speedscope and the Firefox Profiler open; `schema` and `env` are ours, and viewers skip them.
 *
 * Fields    ph X: something that a CPU does, from `ts` for `dur`; slices of one CPU nest. b, e: a lock that is held, by `cat` and
 *           `id`, for sections of locks need not nest. s, f: a hand-over, from who let go to who got the lock. C: a counter.
 *           M: names. Times are microseconds with fractions.
 * Processes one per strategy and vendor cost; threads are its CPUs.
 * Source    "Trace Event Format" (Chromium project), the JSON object format.
 */
import type { Environment } from './environment.ts'

/** Name of the schema. */
export const TRACE_SCHEMA = 'lockstorm/trace@1'

interface Common {
  readonly pid: number
  readonly name: string
}

/** One event. */
export type TraceEvent =
  | (Common & {
      readonly ph: 'M'
      readonly tid?: number
      readonly args: { readonly name: string } | { readonly sort_index: number }
    })
  | (Common & {
      readonly ph: 'X'
      readonly tid: number
      readonly cat: 'call' | 'wait'
      readonly ts: number
      readonly dur: number
      readonly args?: Readonly<Record<string, string | number>>
    })
  | (Common & {
      readonly ph: 'b' | 'e'
      readonly tid: number
      readonly cat: 'held'
      readonly id: number
      readonly ts: number
      readonly args?: Readonly<Record<string, string | number>>
    })
  | (Common & {
      readonly ph: 's' | 'f'
      readonly tid: number
      readonly cat: 'hand-over'
      readonly id: number
      readonly ts: number
      readonly bp?: 'e'
    })
  | (Common & { readonly ph: 'C'; readonly ts: number; readonly args: Readonly<Record<string, number>> })

/** A file of timelines. */
export interface Trace {
  readonly schema: typeof TRACE_SCHEMA
  readonly env: Environment
  readonly displayTimeUnit: 'ns'
  /** What a reader of the file should know: what time means, what is missing. */
  readonly otherData: { readonly note: string; readonly version: 1 }
  readonly traceEvents: readonly TraceEvent[]
}
