/**
 * Memory of the timeline: per CPU a list of what it did with locks, and which functions it was in, moment by moment.
 *
 * Invariant   a CPU writes only its own list, and only while it is switched on; main reads lists while CPUs rest.
 * Full list   what finds no room is counted, not kept: the beginning of a round is worth more than its end.
 */
import { alloc_boot, num_possible_cpus, rootAddr } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { raw_attach, raw_read, raw_read_f64, raw_store, raw_write, raw_write_f64 } from '../../mem/raw.ts'
import { className, lock_classes_init } from '../lock_class.ts'
import { publishRoot } from '../root.ts'
import { textById } from '../texts.ts'

const timeline_globals = struct('timeline_globals', {
  cpus: word,
  /** Events that a CPU has room for. */
  room: word,
  lists: word,
  /** 1: events are kept. */
  on: word,
})
const TL = timeline_globals.offset
const ROOT = rootAddr('timeline')
const CLASSES = 1024

/** What an event says. The names are those of the result. */
export const KINDS = ['asks', 'contends', 'gets', 'releases', 'enters', 'leaves'] as const
export type EventKind = (typeof KINDS)[number]

/** Words of a list before its events: how many there are, how many were lost. */
const HEAD = 2
/** Words of an event: kind, lock, class or text, padding, nanoseconds as a double. */
const EVENT_WORDS = 6

/** How much to keep. */
export interface TimelineOptions {
  /** Events per CPU. */
  readonly events?: number
}

const USUAL_EVENTS = 12_000

/** Words of arena that it needs. */
export function timelineWords({ events = USUAL_EVENTS }: TimelineOptions, cpus: number): number {
  return (cpus + 1) * (HEAD + events * EVENT_WORDS) + 64
}

/** Sets it up, switched off. Boot CPU only, before locks are initialised. False when the arena is too small. */
export function timeline_init({ events = USUAL_EVENTS }: TimelineOptions): boolean {
  raw_attach()
  if (raw_read(ROOT) !== 0) return true
  if (!lock_classes_init(CLASSES)) return false
  const cpus = num_possible_cpus()
  const globals = alloc_boot(timeline_globals.words)
  const lists = alloc_boot(cpus * (HEAD + events * EVENT_WORDS))
  if ([globals, lists].includes(0)) return false
  publishRoot(ROOT, globals, TL, { cpus, room: events, lists })
  return true
}

/** The globals, 0 if it was not set up or is switched off. Valid after raw_attach. */
export function timeline_on(): number {
  const globals = raw_read(ROOT)
  return globals !== 0 && raw_read(globals + TL.on) === 1 ? globals : 0
}

function listOf(globals: number, cpu: number): number {
  return raw_read(globals + TL.lists) + cpu * (HEAD + raw_read(globals + TL.room) * EVENT_WORDS)
}

/** Adds an event of this CPU. `what`: a class of locks, or a text. */
export function note(
  globals: number,
  cpu: number,
  kind: EventKind,
  lock: number,
  what: number,
  ns: number,
): void {
  if (cpu >= raw_read(globals + TL.cpus)) return
  const list = listOf(globals, cpu)
  const count = raw_read(list)
  if (count >= raw_read(globals + TL.room)) {
    raw_write(list + 1, raw_read(list + 1) + 1)
    return
  }
  const event = list + HEAD + count * EVENT_WORDS
  raw_write(event, KINDS.indexOf(kind))
  raw_write(event + 1, lock)
  raw_write(event + 2, what)
  raw_write_f64(event + 4, ns)
  raw_store(list, count + 1)
}

/** From now on events are kept; there are none yet. `view`: the arena, if this thread is not attached to it. CPUs rest. */
export function timeline_begin(view?: Int32Array): void {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return
  for (let cpu = 0; cpu < raw_read(globals + TL.cpus); cpu++) {
    raw_write(listOf(globals, cpu), 0)
    raw_write(listOf(globals, cpu) + 1, 0)
  }
  raw_store(globals + TL.on, 1)
}

/** One thing that a CPU did. */
export interface TimelineEvent {
  readonly kind: EventKind
  /** Address of the lock; 0 for a function. */
  readonly lock: number
  /** Name of the lock's class, or of the function. */
  readonly name: string
  readonly ns: number
}

/** What one CPU did, in order. */
export interface CpuEvents {
  readonly events: readonly TimelineEvent[]
  /** Events that found no room. */
  readonly lost: number
}

/** Takes all lists, by CPU, and switches it off. `view`: as above. CPUs rest. */
export function takeTimeline(view?: Int32Array): CpuEvents[] {
  raw_attach(view)
  const globals = raw_read(ROOT)
  if (globals === 0) return []
  raw_store(globals + TL.on, 0)
  return Array.from({ length: raw_read(globals + TL.cpus) }, (_, cpu) => {
    const list = listOf(globals, cpu)
    const events = Array.from({ length: raw_read(list) }, (_event, i) =>
      eventAt(list + HEAD + i * EVENT_WORDS),
    )
    return { events, lost: raw_read(list + 1) }
  })
}

function eventAt(event: number): TimelineEvent {
  const lock = raw_read(event + 1)
  const what = raw_read(event + 2)
  const name = lock === 0 ? textById(what) : className(what)
  return { kind: KINDS[raw_read(event)] ?? 'asks', lock, name, ns: raw_read_f64(event + 4) }
}
