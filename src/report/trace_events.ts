/**
 * From what CPUs did, moment by moment, to events of Chrome's trace format (`results/trace.ts`).
 *
 * Holder   who made a CPU wait is the CPU that let go of the same lock last before the wait ended.
 */
import type { TraceEvent } from '../results/trace.ts'

/** What a recorder keeps of a CPU; `debug/timeline` has the same shape. */
export interface Recorded {
  readonly kind: 'asks' | 'contends' | 'gets' | 'releases' | 'enters' | 'leaves'
  readonly lock: number
  readonly name: string
  readonly ns: number
}

/** One machine in one round. */
export interface Recording {
  /** `global, vendor sleep:1ms`. */
  readonly name: string
  /** By CPU. */
  readonly cpus: readonly (readonly Recorded[])[]
}

/** A lock that a CPU had, or wanted: `contended` is 0 if it had not to wait, `got` is 0 if it was not got. */
interface Section {
  readonly cpu: number
  readonly lock: number
  readonly name: string
  readonly contended: number
  readonly got: number
  readonly end: number
}

interface Call {
  readonly cpu: number
  readonly name: string
  readonly start: number
  readonly end: number
}

/** Functions in which a create is at work: what counts as in flight. */
const CREATES = 'mdev_device_create'

/** The calls of one CPU, outermost first where they begin at once. A call that had not ended ends with the recording. */
function callsOf(cpu: number, events: readonly Recorded[]): Call[] {
  const calls: Call[] = []
  const open: { readonly name: string; readonly start: number; readonly at: number }[] = []
  const close = (end: number): void => {
    const one = open.pop()
    if (one !== undefined) calls[one.at] = { cpu, name: one.name, start: one.start, end }
  }
  for (const { kind, name, ns } of events) {
    if (kind === 'enters') {
      open.push({ name, start: ns, at: calls.length })
      calls.push({ cpu, name, start: ns, end: ns })
    }
    // What a thrown error has left ends with whoever catches it.
    if (kind === 'leaves' && open.some((one) => one.name === name)) {
      while (open.at(-1)?.name !== name) close(ns)
      close(ns)
    }
  }
  const last = events.at(-1)?.ns ?? 0
  while (open.length > 0) close(last)
  return calls
}

/** The locks of one CPU. */
function sectionsOf(cpu: number, events: readonly Recorded[]): Section[] {
  const open: { lock: number; name: string; asked: number; contended: number; got: number }[] = []
  const sections: Section[] = []
  for (const { kind, lock, name, ns } of events) {
    if (kind === 'asks') open.push({ lock, name, asked: ns, contended: 0, got: 0 })
    const at = open.findLastIndex((one) => one.lock === lock)
    const mine = open[at]
    if (lock === 0 || mine === undefined) continue
    if (kind === 'contends' && mine.contended === 0) mine.contended = ns
    if (kind === 'gets') mine.got = ns
    if (kind !== 'releases') continue
    open.splice(at, 1)
    const got = mine.contended === 0 && mine.got === 0 ? mine.asked : mine.got
    sections.push({ cpu, lock, name: mine.name, contended: mine.contended, got, end: ns })
  }
  return sections
}

/** Index of the last of the sorted ends that lies before a moment; -1 if there is none. */
function lastBefore(sorted: readonly Section[], moment: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const mid = (low + high) >> 1
    if ((sorted[mid] as Section).end <= moment) low = mid + 1
    else high = mid
  }
  return low - 1
}

/** The section whose end let this one begin; undefined if nobody is known. */
function giverOf(one: Section, byEnd: ReadonlyMap<number, readonly Section[]>): Section | undefined {
  const ends = byEnd.get(one.lock) ?? []
  for (let i = lastBefore(ends, one.got); i >= 0; i--) {
    const other = ends[i] as Section
    if (other.end <= one.contended) return undefined
    if (other.cpu !== one.cpu && other.got > 0) return other
  }
  return undefined
}

/** Events of one process. */
class Process {
  readonly #pid: number
  readonly #begun: number
  readonly events: TraceEvent[] = []
  #id = 0

  constructor(pid: number, name: string, begun: number, cpus: number) {
    this.#pid = pid
    this.#begun = begun
    this.events.push({ ph: 'M', pid, name: 'process_name', args: { name } })
    this.events.push({ ph: 'M', pid, name: 'process_sort_index', args: { sort_index: pid } })
    for (let tid = 0; tid < cpus; tid++) {
      this.events.push({ ph: 'M', pid, tid, name: 'thread_name', args: { name: `cpu-${tid}` } })
    }
  }

  #us(ns: number): number {
    return Math.round(ns - this.#begun) / 1000
  }

  #slice(cat: 'call' | 'wait', name: string, tid: number, from: number, to: number, holder?: string): void {
    const [ts, dur] = [this.#us(from), Math.round(to - from) / 1000]
    const args = holder === undefined ? {} : { args: { holder } }
    this.events.push({ ph: 'X', pid: this.#pid, tid, cat, name, ts, dur, ...args })
  }

  call({ cpu, name, start, end }: Call): void {
    this.#slice('call', name, cpu, start, end)
  }

  lock(one: Section, giver: Section | undefined): void {
    const { cpu: tid, name, contended, got, end } = one
    const pid = this.#pid
    if (contended > 0) {
      const holder = giver === undefined ? 'not known' : `cpu-${giver.cpu}`
      this.#slice('wait', `waits for ${name}`, tid, contended, got > 0 ? got : end, holder)
    }
    if (got === 0) return
    const id = ++this.#id
    this.events.push({ ph: 'b', pid, tid, cat: 'held', id, name, ts: this.#us(got), args: { cpu: tid } })
    this.events.push({ ph: 'e', pid, tid, cat: 'held', id, name, ts: this.#us(end) })
    if (giver !== undefined) this.#handOver(giver, one)
  }

  #handOver(from: Section, to: Section): void {
    const common = { pid: this.#pid, cat: 'hand-over', name: to.name, id: ++this.#id } as const
    // An arrow begins inside the giver's slice, whose end is its release.
    this.events.push({ ...common, ph: 's', tid: from.cpu, ts: this.#us(from.end) })
    this.events.push({ ...common, ph: 'f', bp: 'e', tid: to.cpu, ts: this.#us(to.got) })
  }

  inFlight(calls: readonly Call[]): void {
    const steps = calls
      .filter(({ name }) => name === CREATES)
      .flatMap(({ start, end }) => [
        { ns: start, by: 1 },
        { ns: end, by: -1 },
      ])
      .sort((a, b) => a.ns - b.ns || a.by - b.by)
    let creates = 0
    for (const { ns, by } of steps) {
      creates += by
      const name = 'creates in flight'
      this.events.push({ ph: 'C', pid: this.#pid, name, ts: this.#us(ns), args: { creates } })
    }
  }
}

/** The events of recordings, a process each; each begins at 0. */
export function traceEvents(recordings: readonly Recording[]): TraceEvent[] {
  return recordings.flatMap(({ name, cpus }, i) => {
    const begun = Math.min(...cpus.flatMap(([first]) => (first === undefined ? [] : [first.ns])))
    const process = new Process(i + 1, name, begun, cpus.length)
    const calls = cpus.flatMap((events, cpu) => callsOf(cpu, events))
    const sections = cpus.flatMap((events, cpu) => sectionsOf(cpu, events))
    const byEnd = new Map<number, Section[]>()
    for (const one of sections.toSorted((a, b) => a.end - b.end)) {
      byEnd.set(one.lock, [...(byEnd.get(one.lock) ?? []), one])
    }
    for (const call of calls) process.call(call)
    for (const one of sections)
      process.lock(one, one.contended > 0 && one.got > 0 ? giverOf(one, byEnd) : undefined)
    process.inFlight(calls)
    return process.events
  })
}
