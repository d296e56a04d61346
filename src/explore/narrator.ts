/**
 * Listens to the replay of a failing schedule and remembers what each CPU did, with the calls it was in: stacks are taken
 * here and nowhere else, so labels cost a search nothing.
 */
import type { Nested } from './engine/nested.ts'
import { HELD_AT_EXIT } from '../define/outcome.ts'
import { ROW, T_ADDR, T_CLASS, T_CPU, T_OLD, T_OP, T_X, T_Y } from './engine/rows.ts'
import type { Execution } from './engine/execution.ts'
import type { Listener } from './engine/policy.ts'

/** One frame of a call stack, outermost first in a list of them. */
export interface Frame {
  readonly name: string
  readonly file: string
  /** Position the frame is executing: a call from elsewhere in it is another call. */
  readonly at: string
}

/** One thing a CPU did. */
export interface Entry {
  readonly cpu: number
  readonly kind: 'event' | 'plain' | 'note' | 'failure'
  /** Operation, or kind of note; for plain accesses 0 read, 1 write. */
  readonly op: number
  readonly addr: number
  readonly x: number
  readonly y: number
  readonly old: number
  readonly cls: number
  readonly frames: readonly Frame[]
  /** What the engine says of it, if it has words of its own. */
  readonly caption: string
  /** It happened before the CPU's first schedule point. */
  readonly early: boolean
}

const STACK_DEPTH = 100
/** Entries after which nothing more is heard: a ladder of that length helps nobody. */
const MOST = 6000

interface StackSettings {
  readonly stackTraceLimit: number
  readonly prepareStackTrace: unknown
}

function pick({ stackTraceLimit, prepareStackTrace }: StackSettings): StackSettings {
  return { stackTraceLimit, prepareStackTrace }
}

function keepSites(_error: unknown, sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return sites
}

const ROOT = new URL('..', import.meta.url)
const HARNESS = /^(define\/|explore\/((engine|searches|helper)\/|[a-z_]+\.)|trace\/|mem\/access)/

/** True for what stands between the code under test and the memory. */
function isHarness(file: string): boolean {
  const root = file.startsWith(ROOT.protocol) ? ROOT.href : ROOT.pathname
  return file.startsWith(root) && HARNESS.test(file.slice(root.length))
}

/** Call stack of the code under test, outermost first: what is above the engine that called the body. */
function stackFrames(): Frame[] {
  const holder: { stack?: NodeJS.CallSite[] } = {}
  const before = pick(Error)
  Object.assign(Error, { stackTraceLimit: STACK_DEPTH, prepareStackTrace: keepSites })
  Error.captureStackTrace(holder)
  const sites = holder.stack ?? []
  Object.assign(Error, before)
  const frames: Frame[] = []
  let inside = false
  for (const site of sites) {
    // What the runtime itself does is no step of the code under test, nor is the script that the helper's watchdog runs it in.
    const source = site.getFileName() ?? ''
    const file = /^(?:node:|evalmachine\.)/.test(source) ? '' : source
    if (!isHarness(file)) {
      inside = true
      // A built-in that calls back is not the code's own step.
      const name = file === '' ? '' : (site.getFunctionName() ?? '').replace(/^.*\./, '')
      frames.unshift({ name, file, at: `${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0}` })
    } else if (inside) break
  }
  return frames
}

/** An engine that describes its accesses itself leaves the words here. */
function captionOf(run: Execution): string {
  return (run as { readonly caption?: string }).caption ?? ''
}

/** Writes down what an execution does, with the functions it was in. */
export class Narrator implements Listener {
  readonly entries: Entry[] = []
  readonly #engine: Nested

  constructor(engine: Nested) {
    this.#engine = engine
  }

  /** The entries in the order of the ladder: what a CPU does before its first schedule point comes right before that. */
  ordered(): readonly Entry[] {
    const early = this.entries.filter((entry) => entry.early)
    const begun = new Set<number>()
    const result = this.entries.flatMap((entry) => {
      if (entry.early) return []
      const before = begun.has(entry.cpu) ? [] : early.filter(({ cpu }) => cpu === entry.cpu)
      begun.add(entry.cpu)
      return [...before, entry]
    })
    return [...result, ...early.filter(({ cpu }) => !begun.has(cpu))]
  }

  event(run: Execution): void {
    if (this.entries.length >= MOST) return
    const row = run.step * ROW
    const at = (column: number): number => run.rows[row + column] as number
    this.entries.push({
      cpu: at(T_CPU),
      kind: 'event',
      op: at(T_OP),
      addr: at(T_ADDR),
      x: at(T_X),
      y: at(T_Y),
      old: at(T_OLD),
      cls: at(T_CLASS),
      frames: stackFrames(),
      caption: captionOf(run),
      early: false,
    })
  }

  plain(run: Execution, addr: number, value: number, write: boolean): void {
    if (this.entries.length >= MOST) return
    this.#push('plain', run.me, write ? 1 : 0, addr, value, stackFrames(), captionOf(run))
  }

  note(run: Execution, op: number, addr: number, value: number): void {
    if (this.entries.length >= MOST) return
    this.#push('note', run.me, op, addr, value, stackFrames())
  }

  failed(run: Execution): void {
    if (run.failedCpu < 0) return
    // Its body has returned.
    const frames = run.outcome === HELD_AT_EXIT ? [] : stackFrames()
    this.#push('failure', run.failedCpu, run.outcome, run.failedAddr, 0, frames)
  }

  /** What is no event of the trace. */
  #push(
    kind: Entry['kind'],
    cpu: number,
    op: number,
    addr: number,
    x: number,
    frames: Entry['frames'],
    caption = '',
  ): void {
    this.entries.push({
      kind,
      cpu,
      op,
      addr,
      x,
      y: 0,
      old: 0,
      cls: 0,
      frames,
      caption,
      early: this.#engine.probing,
    })
  }
}
