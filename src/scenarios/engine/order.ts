/**
 * In which order the CPUs of a run did what they did to the memory, each access that is an event of the explorer's: so that it can begin
 * there (`scenario FILE --explore --near`). For the checked build, which tells of accesses.
 *
 * Order   by one counter of all CPUs, which each takes when its access is over: of two that come together, either may come first.
 */
import { FUTEX_MISMATCH } from '../../mem/access.fast.ts'
import { raw_bytes, raw_fetch_add, raw_read } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { ORDER_KEPT, STAGE as G, stage_root } from './stage_words.ts'

/** Tells the order of what one CPU does. */
export class OrderObserver implements Observer {
  readonly name = 'order'
  readonly #used = stage_root() + G.order_used
  readonly #start = raw_read(stage_root() + G.order) * 4
  readonly #mark: number

  constructor(cpu: number) {
    this.#mark = cpu + 1
  }

  atomic(): void {
    this.#did()
  }

  wait(): void {
    this.#did()
  }

  waited(_addr: number, result: number): void {
    if (result !== FUTEX_MISMATCH) this.#did()
  }

  wake(): void {
    this.#did()
  }

  #did(): void {
    raw_bytes()[this.#start + (raw_fetch_add(this.#used, 1) % ORDER_KEPT)] = this.#mark
  }
}

/** What is kept in the arena that this thread's `raw` is attached to, as a report has it: `1 12` for twelve accesses of CPU 1 in a row. */
export function orderLines(): string[] {
  const root = stage_root()
  const start = raw_read(root + G.order) * 4
  const bytes = raw_bytes().subarray(start, start + ORDER_KEPT)
  const next = raw_read(root + G.order_used)
  const lines: string[] = []
  for (let i = Math.max(0, next - ORDER_KEPT), run = 0; i < next; i++) {
    run++
    const mark = bytes[i % ORDER_KEPT]!
    if (i + 1 < next && bytes[(i + 1) % ORDER_KEPT] === mark) continue
    lines.push(`${mark - 1} ${run}`)
    run = 0
  }
  return lines
}
