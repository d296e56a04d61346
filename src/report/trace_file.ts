/**
 * A file of timelines.
 */
import type { Environment } from '../results/environment.ts'
import { TRACE_SCHEMA, type Trace, type TraceEvent } from '../results/trace.ts'

/** The file of these events. */
export function traceFile(env: Environment, note: string, traceEvents: readonly TraceEvent[]): Trace {
  return { schema: TRACE_SCHEMA, env, displayTimeUnit: 'ns', otherData: { note, version: 1 }, traceEvents }
}
