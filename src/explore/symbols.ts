/**
 * Names of addresses, for reports: `parent_a->unreg_sem.count`. Objects are named by the model's set-up, by the cache they
 * were allocated from, by the root they hang from, or by being a CPU's task.
 */
import { OP_NAMES } from './dependence.ts'
import { fieldPath, layoutOf, type Layout } from '../mem/layout.ts'

interface Extent {
  readonly start: number
  readonly words: number
  readonly name: string
  readonly layout: Layout | undefined
}

/** Names of one model's addresses. */
export class Symbols {
  /** The code under test is not the project's: its steps say where they are in its source. */
  readonly foreign: boolean = false
  readonly #extents: Extent[] = []
  readonly #lockNames = new Map<number, string>()
  readonly #counts = new Map<string, number>()

  /** Names `words` words; fields come from the layout. */
  name(start: number, words: number, name: string, layout?: Layout): void {
    this.#extents.push({ start, words, name, layout })
  }

  /** An allocator gave out an object of this cache. A name that set-up gave it stays. */
  allocated(start: number, words: number, cache: string): void {
    if (this.#extents.some((e) => e.start === start && e.words >= words)) return
    const count = (this.#counts.get(cache) ?? 0) + 1
    this.#counts.set(cache, count)
    this.name(start, words, count === 1 ? cache : `${cache}#${count}`, layoutOf(cache))
  }

  /** A lock was initialised: the text of its init site names it if nothing better does. */
  lockInit(lock: number, name: string): void {
    this.#lockNames.set(lock, name)
  }

  /** What set-up has named so far, with its layout. */
  structs(): { readonly start: number; readonly name: string; readonly layout: Layout }[] {
    return this.#extents.flatMap(({ start, name, layout }) =>
      layout === undefined ? [] : [{ start, name, layout }],
    )
  }

  #find(address: number): Extent | undefined {
    // The latest and innermost name wins.
    return this.#extents.findLast(({ start, words }) => address >= start && address < start + words)
  }

  /** Name of a word: `parent_a->lock.owner`, `counter`, or `[1234]`. */
  word(address: number): string {
    const found = this.#find(address)
    if (found === undefined) return this.#lockNames.get(address) ?? `[${address}]`
    return join(found, pathOf(found, address))
  }

  /** Name of the struct or lock that holds the address: `parent_a->lock`. */
  object(address: number): string {
    const found = this.#find(address)
    if (found === undefined) return (this.#lockNames.get(address) ?? `[${address}]`).replace(/^&/, '')
    if (found.layout === undefined) return join(found, pathOf(found, address))
    return join(found, structPath(found.layout, address - found.start))
  }

  /** Name of what was named or allocated as a whole. */
  extent(address: number): string {
    return this.#find(address)?.name ?? `[${address}]`
  }

  /** What an operation is called in the code under test. */
  operation(op: number): string {
    return OP_NAMES[op] ?? ''
  }

  /** A value: the object that starts there, or the number. */
  value(value: number): string {
    const found = value > 0 ? this.#extents.findLast(({ start }) => start === value) : undefined
    return found === undefined ? String(value) : `&${found.name}`
  }
}

function pathOf({ start, words, layout }: Extent, address: number): string {
  if (layout !== undefined) return fieldPath(layout, address - start)
  return words > 1 ? `[${address - start}]` : ''
}

function join({ name }: Extent, path: string): string {
  if (path === '') return name
  return path.startsWith('[') ? name + path : `${name}->${path}`
}

/** Path of the outermost lock that holds the offset, or of the innermost struct that does. */
function structPath(layout: Layout, offset: number): string {
  const path: string[] = []
  let inside = layout
  let rest = offset
  for (;;) {
    if (inside.fields.some(({ name }) => name === 'dep_map') && path.length > 0) break
    const field = inside.fields.find((f) => rest >= f.offset && rest < f.offset + f.words)
    if (field?.embedded === undefined) break
    path.push(field.name)
    rest -= field.offset
    inside = field.embedded
  }
  return path.join('.')
}
