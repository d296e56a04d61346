/**
 * KASAN reports.
 *
 * Source   mm/kasan/report.c, report_generic.c (format of 6.1)
 */
import { raw_fetch_add, raw_read } from '../../mem/raw.ts'
import { publish } from '../findings.ts'
import { callTrace, pointer, taskOf } from '../format.ts'
import { firstTime } from '../once.ts'
import { capture, framesOf, frameText, STACK_DEPTH, type Frame } from '../stack.ts'
import { loadStack } from '../stack_depot.ts'
import { textById } from '../texts.ts'
import { FREED, KA, kasan_record, recordAt, RECORD_SHIFT, REDZONE, STATE_MASK } from './globals.ts'

const R = kasan_record.offset
const RULE = '='.repeat(66)
const BYTES = 4
/** Words of one line of the shadow, and lines around the bad address. */
const DUMP_WORDS = 16
const DUMP_LINES = 2
/** How far a bad address may be behind the object it is blamed on, in words. */
const REACH = 128

/** A bad access, before it happens; or a bad free. */
export interface BadAccess {
  readonly globals: number
  readonly cpu: number
  readonly addr: number
  readonly kind: 'Read' | 'Write' | 'Free'
  readonly bug: string
}

interface KasanObject {
  readonly address: number
  readonly words: number
  readonly cache: string
  readonly allocatedBy: { readonly cpu: number; readonly stack: readonly Frame[] }
  readonly freedBy?: { readonly cpu: number; readonly stack: readonly Frame[] }
}

function shadowOf(globals: number, addr: number): number {
  const shadow = raw_read(globals + KA.shadow)
  return addr >= 0 && addr < raw_read(globals + KA.covered) ? raw_read(shadow + addr) : 0
}

/** The object that an address is in, or behind. */
function objectNear(globals: number, addr: number): KasanObject | undefined {
  for (let at = addr; at > addr - REACH && at > 0; at--) {
    const index = shadowOf(globals, at) >>> RECORD_SHIFT
    if (index !== 0) return readRecord(globals, index)
  }
  return undefined
}

function readRecord(globals: number, index: number): KasanObject {
  const at = recordAt(globals, index)
  const freedBy = raw_read(at + R.free_stack)
  return {
    address: raw_read(at + R.object),
    words: raw_read(at + R.words),
    cache: textById(raw_read(at + R.cache)),
    allocatedBy: { cpu: raw_read(at + R.alloc_cpu), stack: loadStack(raw_read(at + R.alloc_stack)) },
    ...(freedBy !== 0 && { freedBy: { cpu: raw_read(at + R.free_cpu), stack: loadStack(freedBy) } }),
  }
}

function objectLines(object: KasanObject, addr: number): string[] {
  const { address, words, cache, allocatedBy, freedBy } = object
  const size = words * BYTES
  const offset = (addr - address) * BYTES
  const where = offset < size ? `${offset} bytes inside of` : `${offset - size} bytes to the right of`
  const trace = (who: string, { cpu, stack }: KasanObject['allocatedBy']): string[] => [
    '',
    `${who} by task ${cpu + 1}:`,
    ...stack.map((frame) => ` ${frameText(frame)}`),
  ]
  return [
    ...trace('Allocated', allocatedBy),
    ...(freedBy === undefined ? [] : trace('Freed', freedBy)),
    '',
    `The buggy address belongs to the object at ${pointer(address)}`,
    ` which belongs to the cache ${cache} of size ${size}`,
    `The buggy address is located ${where}`,
    ` ${size}-byte region [${pointer(address)}, ${pointer(address + words)})`,
  ]
}

function shadowByte(globals: number, addr: number): string {
  const state = shadowOf(globals, addr) & STATE_MASK
  return state === FREED ? 'fb' : state === REDZONE ? 'fc' : '00'
}

function dump(globals: number, addr: number): string[] {
  const first = addr - (addr % DUMP_WORDS)
  const lines: string[] = []
  for (let line = -DUMP_LINES; line <= DUMP_LINES; line++) {
    const start = first + line * DUMP_WORDS
    if (start < 0) continue
    const bytes = Array.from({ length: DUMP_WORDS }, (_, i) => shadowByte(globals, start + i)).join(' ')
    lines.push(`${line === 0 ? '>' : ' '}${pointer(start)}: ${bytes}`)
    if (line === 0) lines.push(`${' '.repeat(19 + 3 * (addr % DUMP_WORDS))}^`)
  }
  return ['', 'Memory state around the buggy address:', ...lines]
}

/** Reports, once per place and kind of bug. */
export function report(bad: BadAccess): void {
  const { globals, cpu, addr, kind, bug } = bad
  const stack = framesOf(capture(STACK_DEPTH + 8))
  const place = stack[0]
  if (!firstTime(`kasan ${bug} ${kind} ${place?.file}:${place?.line}`)) return
  if (raw_fetch_add(globals + KA.reports_left, -1) <= 0) return
  const where = place === undefined ? '?' : frameText(place)
  const object = bug.startsWith('null') || bug.startsWith('wild') ? undefined : objectNear(globals, addr)
  const text = [
    RULE,
    `BUG: KASAN: ${bug} in ${where}`,
    kind === 'Free'
      ? `Free of addr ${pointer(addr)} by task ${taskOf(cpu)}`
      : `${kind} of size ${BYTES} at addr ${pointer(addr)} by task ${taskOf(cpu)}`,
    '',
    ...callTrace(cpu, stack.map(frameText)),
    ...(object === undefined ? [] : objectLines(object, addr)),
    ...(object === undefined ? [] : dump(globals, addr)),
    RULE,
  ].join('\n')
  publish({
    detector: 'kasan',
    title: `${bug} in ${place?.symbol ?? '?'}`,
    cpu,
    text,
    data: { bug, kind, addr, object, stack },
  })
}
