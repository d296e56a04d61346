/**
 * Reports with a stack: what WARN and an Oops leave behind. They go to a ring of their own, so that a flood of log lines
 * cannot push them out.
 *
 * Context  any; a cold path that makes JS objects.
 */
import { fetch_add, read, READ_ONCE, smp_processor_id, write } from '#access'
import { trace_point } from '#trace'
import { as, NULL, type Addr } from '../base/addr.ts'
import { isKernelName } from '../base/kernel_names.ts'
import {
  current_id,
  intern,
  ring_claim,
  ring_commit,
  ring_number,
  ring_payload,
  ring_records,
  textOf,
} from '../mem/index.ts'
import { printk_globals, printk_root } from './printk.ts'
import { name_text, qstr, qstr_copy } from './qstr.ts'

export const REPORT_WARN = 1
export const REPORT_OOPS = 2

const KIND = 0
const TITLE = 1
const ADDRESS = 2
const RIP = 3
const CPU = 4
const PID = 5
const COMM = 6
const NAME = 7
const DEPTH = NAME + qstr.words
const TRACE = DEPTH + 1
const TRACE_MAX = 18
/** Words of one report. */
export const REPORT_WORDS = TRACE + TRACE_MAX

const REPORTS = printk_globals.offset.reports

/** A report, read back. */
export interface KernelReport {
  readonly seq: number
  readonly kind: 'warning' | 'oops'
  /** First line: `BUG: unable to handle page fault`, `sysfs: cannot create duplicate filename '…'`. */
  readonly title: string
  /** The bad address, 0 if there is none. */
  readonly address: number
  /** Function that was running. */
  readonly rip: string
  readonly cpu: number
  readonly pid: number
  readonly comm: string
  /** Name of the object, '' if there is none. */
  readonly name: string
  /** Call trace, innermost function first. */
  readonly trace: readonly string[]
}

/** Names of the running functions, innermost first, without the reporting ones and our own, down to ret_from_fork. */
export function stack_trace(skip: number): string[] {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = TRACE_MAX + skip + 2
  const stack = new Error('stack').stack ?? ''
  Error.stackTraceLimit = limit
  const names = [...stack.matchAll(/^ *at (?:async |new )?(?:Object\.|Module\.)?([\w$.<>]+)[^(\n]*\(/gm)].map(
    (m) => m[1] as string,
  )
  const bottom = names.indexOf('ret_from_fork')
  const running = names.slice(skip, Math.min(skip + TRACE_MAX, bottom < 0 ? Infinity : bottom))
  const kernel = running.filter(isKernelName)
  return kernel.length > 0 ? kernel : running
}

/**
 * Appends a report and counts it in the globals' word `counter`. `%N` in the title stands for the name: titles are
 * interned, so an object's name must not be spelled out in them.
 */
export function report(
  kind: number,
  counter: number,
  title: string,
  address: number,
  name: Addr<'qstr'>,
  trace: readonly string[],
): KernelReport {
  const globals = printk_root()
  fetch_add(globals + counter, 1)
  const ring = read(globals + REPORTS)
  const claim = ring_claim(ring)
  const at = ring_payload(ring, claim)
  write(at + KIND, kind)
  write(at + TITLE, intern(title))
  write(at + ADDRESS, address)
  write(at + RIP, intern(trace[0] ?? ''))
  write(at + CPU, smp_processor_id())
  write(at + PID, current_id())
  write(at + COMM, intern(`cpu/${smp_processor_id()}`))
  write(at + NAME, 0)
  if (name !== NULL) qstr_copy(as(at + NAME), name)
  write(at + DEPTH, trace.length)
  for (const [i, symbol] of trace.entries()) write(at + TRACE + i, intern(symbol))
  const made = decode(ring_number(claim), at)
  ring_commit(ring, claim)
  trace_point(kind === REPORT_OOPS ? 'report:oops' : 'report:warning')
  return made
}

function decode(seq: number, at: number): KernelReport {
  const trace = Array.from({ length: read(at + DEPTH) }, (_, i) => textOf(read(at + TRACE + i)))
  const name = name_text(as(at + NAME))
  return {
    seq,
    kind: read(at + KIND) === REPORT_OOPS ? 'oops' : 'warning',
    title: textOf(read(at + TITLE)).replace('%N', name),
    address: read(at + ADDRESS),
    rip: textOf(read(at + RIP)),
    cpu: read(at + CPU),
    pid: read(at + PID),
    comm: textOf(read(at + COMM)),
    name,
    trace,
  }
}

/** Reports from number `from` on that are still there. For the main thread and for tests. */
export function kernel_reports(from = 0): KernelReport[] {
  return ring_records(read(printk_root() + REPORTS), from, decode)
}

/** WARNs raised so far, other than duplicates. */
export function warning_count(): number {
  return READ_ONCE(printk_root() + printk_globals.offset.warnings)
}

/** "cannot create duplicate filename" warnings so far. */
export function duplicate_count(): number {
  return READ_ONCE(printk_root() + printk_globals.offset.duplicates)
}

/** Oops reports so far. */
export function oops_count(): number {
  return READ_ONCE(printk_root() + printk_globals.offset.oopses)
}
