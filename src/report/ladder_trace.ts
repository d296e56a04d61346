/**
 * Ladders as timelines: a step is a millisecond, for no time passes in a schedule; calls last as long as what is below them.
 */
import type { TraceEvent } from '../results/trace.ts'
import { ladderRows } from './ladder.ts'

/** A ladder, and what it is of. */
export interface NamedLadder {
  readonly name: string
  readonly lines: readonly string[]
}

const STEP_US = 1000

/** What the times of such a timeline mean. */
export const LADDER_TIME = 'A step is a millisecond: in a schedule no time passes.'

/** Index of the step after the last that belongs to this one: steps of its CPU that are nested deeper. */
function endOf(rows: ReturnType<typeof ladderRows>['rows'], at: number): number {
  const { cpu, depth } = rows[at] as (typeof rows)[number]
  let end = at + 1
  for (let next = at + 1; next < rows.length; next++) {
    const row = rows[next] as (typeof rows)[number]
    if (row.cpu !== cpu) continue
    if (row.depth <= depth) break
    end = next + 1
  }
  return end
}

/** The events of ladders, a process each. */
export function ladderEvents(ladders: readonly NamedLadder[]): TraceEvent[] {
  return ladders.flatMap(({ name, lines }, i) => {
    const pid = i + 1
    const { rows, cpus } = ladderRows(lines)
    const names: TraceEvent[] = [
      { ph: 'M', pid, name: 'process_name', args: { name } },
      ...Array.from({ length: cpus }, (_, tid): TraceEvent => {
        return { ph: 'M', pid, tid, name: 'thread_name', args: { name: `cpu-${tid}` } }
      }),
    ]
    const steps = rows.map(({ cpu, text }, at): TraceEvent => {
      const isWait = /sleeps/.test(text)
      const dur = (endOf(rows, at) - at) * STEP_US
      const where = { ts: at * STEP_US, dur, args: { step: at + 1 } }
      return { ph: 'X', pid, tid: cpu, cat: isWait ? 'wait' : 'call', name: text, ...where }
    })
    return [...names, ...steps]
  })
}
