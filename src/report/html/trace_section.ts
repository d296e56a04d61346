/**
 * Timelines on a page: a lane per CPU, what it holds above, what it waits for below.
 */
import type { Trace, TraceEvent } from '../../results/trace.ts'
import { duration } from '../text.ts'
import { linear, timeTick, type Spans } from './chart.ts'
import type { Part } from './document.ts'

/** Spans of one process on a page: the longest. Shorter ones could not be seen. */
const MOST_SPANS = 360
const SHOWN_PROCESSES = 4

type Slice = Extract<TraceEvent, { ph: 'X' }>

interface Span {
  readonly tid: number
  readonly kind: number
  readonly from: number
  readonly to: number
  readonly tip: string
}

const time = (us: number): string => duration(us * 1000)

/** Time for which each lock was waited for, and the lock that was waited for most; '' if none was. */
function mostWaited(slices: readonly Slice[]): string {
  const totals = new Map<string, number>()
  for (const { cat, name, dur } of slices) {
    if (cat === 'wait') totals.set(name, (totals.get(name) ?? 0) + dur)
  }
  const [most = ['', 0]] = [...totals].sort((a, b) => b[1] - a[1])
  return most[0].replace(/^waits for /, '')
}

/** Sections in which the lock was held. */
function held(events: readonly TraceEvent[], lock: string): Span[] {
  const begun = new Map<number, { readonly ts: number; readonly tid: number }>()
  return events.flatMap((one) => {
    if (one.ph === 'b' && one.name === lock) begun.set(one.id, one)
    const begin = one.ph === 'e' ? begun.get(one.id) : undefined
    if (one.ph !== 'e' || begin === undefined) return []
    const tip = `cpu-${begin.tid} holds ${lock} for ${time(one.ts - begin.ts)}`
    return [{ tid: begin.tid, kind: 0, from: begin.ts, to: one.ts, tip }]
  })
}

function waits(slices: readonly Slice[]): Span[] {
  return slices
    .filter(({ cat }) => cat === 'wait')
    .map(({ tid, ts, dur, name, args }) => {
      const holder = args?.['holder'] === undefined ? '' : ` after ${String(args['holder'])}`
      return { tid, kind: 1, from: ts, to: ts + dur, tip: `cpu-${tid} ${name}: ${time(dur)}${holder}` }
    })
}

function chartOf(name: string, events: readonly TraceEvent[], end: number): Part {
  const slices = events.filter((one) => one.ph === 'X')
  const lock = mostWaited(slices)
  const longest = (all: readonly Span[]): Span[] =>
    all.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, MOST_SPANS / 2)
  const spans = [...longest(held(events, lock)), ...longest(waits(slices))]
  const tids = [
    ...new Set(events.flatMap((one) => (one.name === 'thread_name' && 'tid' in one ? [one.tid ?? 0] : []))),
  ]
  const chart: Spans = {
    kind: 'spans',
    title:
      lock === ''
        ? `${name}: nobody waited`
        : `${name}: who holds ${lock}, the lock that was waited for most, and who waits`,
    x: { ...linear('since the round began', [end], (us) => timeTick(us * 1000)), high: end },
    kinds: lock === '' ? [] : [`holds ${lock}`, 'waits for a lock'],
    lanes: tids.map((tid) => ({ name: `cpu-${tid}`, spans: spans.filter((span) => span.tid === tid) })),
  }
  return { chart }
}

/** When the last slice ends, microseconds. */
function endOf(events: readonly TraceEvent[]): number {
  return events.reduce((last, one) => (one.ph === 'X' ? Math.max(last, one.ts + one.dur) : last), 0)
}

/** A schedule has no time: its ladder is in the result of `explore` or `scenario`. */
function isLadder(events: readonly TraceEvent[]): boolean {
  return events.some((one) => one.ph === 'X' && one.args?.['step'] !== undefined)
}

/** Everything of a file of timelines. */
export function traceParts({ traceEvents, otherData }: Trace): Part[] {
  const names = traceEvents.flatMap((one) =>
    one.ph === 'M' && one.name === 'process_name' && 'name' in one.args
      ? [{ pid: one.pid, name: one.args.name }]
      : [],
  )
  const processes = names.map(({ pid, name }) => ({
    name,
    events: traceEvents.filter((one) => one.pid === pid),
  }))
  const timed = processes.filter(({ events }) => !isLadder(events))
  const rest = timed.slice(SHOWN_PROCESSES)
  // One scale for all: what takes longer is longer.
  const end = Math.max(1, ...timed.map(({ events }) => endOf(events)))
  const draw = (some: typeof timed): Part[] => some.map(({ name, events }) => chartOf(name, events, end))
  return [
    { prose: otherData.note },
    ...draw(timed.slice(0, SHOWN_PROCESSES)),
    ...(rest.length === 0 ? [] : [{ folded: 'More timelines', parts: draw(rest) }]),
    ...(timed.length < processes.length
      ? [
          {
            prose:
              'Ladders are drawn from the results of explore and scenario; this file is for viewers of timelines.',
          },
        ]
      : []),
  ]
}
