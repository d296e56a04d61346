/**
 * layout: places for objects and data in one memory, so that nobody counts words by hand.
 *
 *   const shared = layout({ lock: Mutex, jobs: Channel.of(64), totals: words(8) })
 *   const { memory, lock } = shared.create()          // in one thread
 *   const { jobs, totals } = shared.attach(memory)    // in the others
 *
 * State    two words of the layout's own come first: how many threads have taken a number, and a mark of the names and sizes, by
 *          which `attach` knows a memory of another layout. Then the parts in order, each on cache lines of its own.
 */
import { WRITE_ONCE } from '#access'
import { trace_place } from '#trace'
import { checkInteger, checkKeys, wrongType } from '../../base/arguments.ts'
import { hashName } from '../../base/ops.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { UninitializedError } from '../../base/sync_error.ts'
import { joinMemory } from '../../mem/host.ts'
import type { Kind, Placed } from './kind.ts'
import { checkPlace, SharedObject, spanOf } from './shared.ts'

/** Parts by name: classes whose zeroed words are a free object, kinds as `Channel.of(64)`, and data as `words(8)`. */
export type Parts = Readonly<Record<string, Kind<unknown> | Placed<unknown>>>

type Made<P> = P extends Kind<infer T> ? T : P extends Placed<infer T> ? T : never

/** Objects over a memory, by the names of the parts. */
export type Laid<P extends Parts> = { readonly [K in keyof P]: Made<P[K]> } & {
  /** What the other threads need. */
  readonly memory: SharedArrayBuffer
}

/** What `layout` has counted, and what makes memories of it. */
export interface Layout<P extends Parts> {
  /** Size in bytes. */
  readonly bytes: number
  /** First 32-bit word of each part, counted from where the layout begins. */
  readonly places: { readonly [K in keyof P]: number }
  /** Makes a memory with all parts in it. */
  create(): Laid<P>
  /** Makes all parts in zeroed memory, from word `at` on. One thread does it, before the others attach. */
  init(memory: SharedArrayBuffer, at?: number): Laid<P>
  /** The parts of a memory that another thread has made. Throws an UninitializedError if it holds another layout or none. */
  attach(memory: SharedArrayBuffer, at?: number): Laid<P>
}

const THREADS = 0
const MARK = 1
const HEAD = 2
const BYTES = 4

/** The words of the layout itself. */
class Header extends SharedObject<'layout'> {
  protected static override readonly NAME: string = 'layout'
  /** Takes a number for this thread where the host gives none. */
  join(): void {
    joinMemory(this.view, this.address + THREADS)
  }

  /** Read without binding the memory, which would give this thread a number. Whoever passed the memory has ordered it. */
  get mark(): number | undefined {
    return this.view[this.address + MARK]
  }

  set mark(mark: number) {
    this.bound((h) => {
      WRITE_ONCE(h + MARK, mark)
    })
  }
}

/** For layout: `count` 32-bit words of data, as an Int32Array. */
export function words(count: number): Kind<Int32Array> {
  checkInteger('words', 'count', count, 1, 2 ** 28)
  return {
    words: count,
    at(memory, address) {
      const { buffer, byteOffset } = spanOf(memory)
      return new Int32Array(buffer, byteOffset + address * BYTES, count)
    },
  }
}

function kindOf(name: string, part: unknown): Kind<unknown> {
  const { words, WORDS } = (part ?? {}) as { readonly words?: unknown; readonly WORDS?: unknown }
  if (typeof part === 'function' && Number.isInteger(WORDS)) {
    const Part = part as unknown as Placed<unknown>
    return { words: Part.WORDS, at: (memory, address) => new Part(memory, address) }
  }
  if (typeof part === 'object' && Number.isInteger(words)) return part as Kind<unknown>
  throw wrongType('layout', name, 'a class with WORDS, or a kind such as Channel.of(64) or words(8)', part)
}

/**
 * Lays parts out.
 * @param options `padding: false` packs the parts instead of giving each cache lines of its own: smaller, slower under contention
 * @throws TypeError for a part that is none
 */
export function layout<P extends Parts>(parts: P, options: { readonly padding?: boolean } = {}): Layout<P> {
  if (typeof parts !== 'object' || parts === null) throw wrongType('layout', 'parts', 'an object', parts)
  checkKeys('layout', 'options', options, ['padding'])
  const { padding = true } = options
  if (typeof padding !== 'boolean') throw wrongType('layout', 'padding', 'true or false', padding)
  const unit = padding ? CACHE_LINE_WORDS : 2
  const align = (word: number): number => Math.ceil(word / unit) * unit
  const places: Record<string, number> = {}
  let size = align(HEAD)
  const kinds = Object.entries(parts).map(([name, part]) => {
    if (name === 'memory') throw new TypeError('layout: memory must not be the name of a part')
    const kind = kindOf(name, part)
    places[name] = size
    size = align(size + kind.words)
    return [name, kind] as const
  })
  const mark = hashName(JSON.stringify([unit, kinds.map(([name, kind]) => [name, kind.words])]))

  const view = (memory: SharedArrayBuffer, at: number): Laid<P> =>
    Object.fromEntries([
      ['memory', memory],
      ...kinds.map(([name, kind]) => {
        const place = at + (places[name] as number)
        const part = kind.at(memory, place)
        // Of an object, its own view: who watches knows the memory by it.
        if (part instanceof SharedObject) trace_place(part.view, place, kind.words, '', name, mark)
        return [name, part]
      }),
    ]) as Laid<P>
  const init = (memory: SharedArrayBuffer, at: number = 0): Laid<P> => {
    const header = new Header(memory, at, HEAD)
    checkPlace('layout.init', size, at, memory.byteLength / BYTES)
    header.join()
    for (const [name, kind] of kinds) kind.init?.(memory, at + (places[name] as number))
    header.mark = mark
    return view(memory, at)
  }
  return {
    bytes: size * BYTES,
    places: places as Layout<P>['places'],
    create: () => init(new SharedArrayBuffer(size * BYTES)),
    init,
    attach(memory, at = 0) {
      const header = new Header(memory, at, HEAD)
      if (header.mark !== mark) {
        throw new UninitializedError(
          'layout.attach: the memory holds another layout, or init has not been called',
        )
      }
      header.join()
      return view(memory, at)
    },
  }
}
