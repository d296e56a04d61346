/**
 * The kernel log: a ring of words. A record holds the key of its format and up to four numbers, so that logging on a
 * hot path makes no JS object; the text is put together by the reader.
 *
 * Formats  %d signed, %u unsigned, %x hexadecimal, %s string id (static_name keys: pass string_of(key)), %N the
 *          record's name.
 * Context  any; never sleeps, never fails.
 * Source   kernel/printk/printk_ringbuffer.c
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import {
  alloc_boot,
  ptr,
  ring_alloc,
  ring_claim,
  ring_commit,
  ring_payload,
  ring_records,
  rootAddr,
  struct,
  textOf,
  word,
} from '../mem/index.ts'
import { read_wide, write_wide } from '../mem/wide.ts'
import { name_text, qstr, qstr_copy, qstr_set_string } from './qstr.ts'
import { string_of } from './static_name.ts'

export const KERN_ERR = 3
export const KERN_WARNING = 4
export const KERN_NOTICE = 5
export const KERN_INFO = 6
export const KERN_DEBUG = 7

export const printk_globals = struct('printk_globals', {
  /** The log. */
  log: ptr('ring'),
  /** WARN and Oops reports (report.ts). */
  reports: ptr('ring'),
  /** WARNs raised, other than duplicates. Atomic. */
  warnings: word,
  /** "cannot create duplicate filename" warnings. Atomic. */
  duplicates: word,
  /** Oops reports raised. Atomic. */
  oopses: word,
  /** 1: debug lines are logged too. Written at boot. */
  debug: word,
})
const ROOT = rootAddr('printk')
const LOG = printk_globals.offset.log
const REPORTS = printk_globals.offset.reports
const DEBUG = printk_globals.offset.debug

/** Globals of the log. */
export function printk_root(): number {
  return read(ROOT)
}

const TIME = 0
const CPU = 2
const LEVEL = 3
const FORMAT = 4
const PREFIX = 5
const NAME = 6
const ARGS = NAME + qstr.words
const PAYLOAD = ARGS + 4

/**
 * Prepares the log and the ring of reports. Boot CPU only. Returns false when the arena is full.
 * @param records records the log keeps, a power of two
 * @param reports reports kept, a power of two
 * @param reportWords payload of one report
 */
export function printk_init(records: number, reports: number, reportWords: number): boolean {
  const globals = alloc_boot(printk_globals.words)
  const log = ring_alloc(records, PAYLOAD)
  const ring = ring_alloc(reports, reportWords)
  if (globals === 0 || log === 0 || ring === 0) return false
  write(globals + LOG, log)
  write(globals + REPORTS, ring)
  write(ROOT, globals)
  return true
}

/** Switches debug lines on or off: what dynamic_debug does for all of them at once. Boot CPU only. */
export function printk_set_debug(on: boolean): void {
  write(printk_root() + DEBUG, on ? 1 : 0)
}

/** True if debug lines are logged. */
export function printk_debug(): boolean {
  return read(printk_root() + DEBUG) === 1
}

/** Logs a line. `format` is a static_name key. */
export function printk(level: number, format: number, a = 0, b = 0, c = 0, d = 0): void {
  printk_name(level, format, 0, NULL, a, b, c, d)
}

/**
 * Logs a line about an object, printed as `<prefix> <name>: <text>`, or `<prefix>: <text>` when the text has the name (%N).
 * @param prefix string id, 0 for none
 * @param name the object's name, NULL for none
 */
export function printk_name(
  level: number,
  format: number,
  prefix: number,
  name: Addr<'qstr'>,
  a = 0,
  b = 0,
  c = 0,
  d = 0,
): void {
  const ring = read(printk_root() + LOG)
  const n = ring_claim(ring)
  const at = ring_payload(ring, n)
  write_wide(at + TIME, ktime_get_ns())
  write(at + CPU, smp_processor_id())
  write(at + LEVEL, level)
  write(at + FORMAT, string_of(format))
  write(at + PREFIX, prefix)
  if (name === 0) qstr_set_string(as(at + NAME), 0)
  else qstr_copy(as(at + NAME), name)
  write(at + ARGS, a)
  write(at + ARGS + 1, b)
  write(at + ARGS + 2, c)
  write(at + ARGS + 3, d)
  ring_commit(ring, n)
}

/** One line of the log. */
export interface PrintkRecord {
  readonly seq: number
  readonly timeNs: number
  readonly cpu: number
  readonly level: number
  readonly text: string
}

/** Lines from record `from` on that are still there. Allocates: for the main thread and for tests. */
export function printk_records(from = 0): PrintkRecord[] {
  return ring_records(read(printk_root() + LOG), from, decode)
}

function decode(seq: number, at: number): PrintkRecord {
  const timeNs = read_wide(at + TIME)
  const name = name_text(as(at + NAME))
  let arg = ARGS
  const format = textOf(read(at + FORMAT))
  const body = format.replaceAll(/%[duxsN]/g, (spec) => {
    if (spec === '%N') return name
    return printArg(spec, read(at + arg++))
  })
  const prefix = textOf(read(at + PREFIX))
  const subject = name === '' || format.includes('%N') ? prefix : `${prefix} ${name}`
  const text = prefix === '' ? body : `${subject}: ${body}`
  return { seq, timeNs, cpu: read(at + CPU), level: read(at + LEVEL), text }
}

function printArg(spec: string, value: number): string {
  if (spec === '%s') return textOf(value)
  if (spec === '%x') return (value >>> 0).toString(16)
  return String(spec === '%u' ? value >>> 0 : value)
}
