/**
 * KCSAN reports.
 *
 * Source   kernel/kcsan/report.c (format of 6.1)
 */
import { raw_fetch_add } from '../../mem/raw.ts'
import { publish } from '../findings.ts'
import { commOf, pointer, RELEASE } from '../format.ts'
import { fieldAt } from '../kasan/describe.ts'
import { firstTime } from '../once.ts'
import { capture, framesOf, frameText, STACK_DEPTH, type Frame } from '../stack.ts'
import { frameById } from '../stack_depot.ts'
import { CPU_MASK, KC, MARKED, PLACE_SHIFT, WRITE } from './globals.ts'

const RULE = '='.repeat(66)

/** One side of a race; `who` as in a cell of the shadow. */
interface Access {
  readonly cpu: number
  readonly kind: string
  readonly stack: readonly Frame[]
}

function accessOf(who: number, stack: readonly Frame[]): Access {
  const kind = `${(who & WRITE) === 0 ? 'read' : 'write'}${(who & MARKED) === 0 ? '' : ' (marked)'}`
  return { cpu: who & CPU_MASK, kind, stack }
}

function lines(addr: number, { cpu, kind, stack }: Access): string[] {
  return [
    `${kind} to 0x${pointer(addr)} of 4 bytes by task ${cpu + 1} on cpu ${cpu}:`,
    ...stack.map((frame) => ` ${frameText(frame)}`),
    '',
  ]
}

/** Reports once per pair of places. `mine` is happening now; `other` was left in the shadow. */
export function report(globals: number, addr: number, mine: number, other: number): void {
  const stack = framesOf(capture(STACK_DEPTH + 8))
  const known = frameById(other >>> PLACE_SHIFT)
  const now = accessOf(mine, stack)
  const before = accessOf(other, known === undefined ? [] : [known])
  const place = (access: Access): string => {
    const [first] = access.stack
    return first === undefined ? '?' : `${first.symbol} ${first.file}:${first.line}`
  }
  if (!firstTime(`kcsan ${[place(now), place(before)].toSorted().join(' / ')}`)) return
  if (raw_fetch_add(globals + KC.reports_left, -1) <= 0) return
  const names = [now, before].map(({ stack: [first] }) => (first === undefined ? '?' : frameText(first)))
  const field = fieldAt(addr)
  const title = known === undefined ? `data-race in ${names[0]}` : `data-race in ${names.join(' / ')}`
  const text = [
    RULE,
    `BUG: KCSAN: ${title}`,
    '',
    ...lines(addr, now),
    ...(known === undefined ? ['race at unknown origin, with', ''] : []),
    ...lines(addr, before),
    ...(field === undefined
      ? []
      : [`The word is ${field.path}${field.guard === '' ? '' : `, guarded by ${field.guard}`}`, '']),
    'Reported by Kernel Concurrency Sanitizer on:',
    `CPU: ${now.cpu} PID: ${now.cpu + 1} Comm: ${commOf(now.cpu)} Not tainted ${RELEASE} #1`,
    RULE,
  ].join('\n')
  publish({
    detector: 'kcsan',
    title,
    cpu: now.cpu,
    text,
    data: { addr, accesses: [now, before], ...(field && { field }) },
  })
}
