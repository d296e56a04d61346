/**
 * Tables of functions that shared memory can name. Shared memory holds no functions, so an object stores the id of its
 * operations, and every CPU finds its own copy of them by that id.
 *
 * Invariant   an id is a hash of the name: it is the same on every CPU, whatever the order modules were loaded in.
 */
const SLOTS = 1024

/** 31-bit FNV-1a of a text, never 0. */
export function hashName(text: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  return (hash >>> 1) | 1
}

/** One kind of operations, for example all `kobj_type`s. */
export class OpsTable<T> {
  readonly #kind: string
  readonly #ids = new Int32Array(SLOTS)
  readonly #ops: (T | undefined)[] = Array.from({ length: SLOTS })
  readonly #names = new Map<number, string>()

  /** @param kind what the table holds, for error texts */
  constructor(kind: string) {
    this.#kind = kind
  }

  /** Registers operations under a name and returns their id. At module load, on every CPU alike. */
  define(name: string, ops: T): number {
    const id = hashName(name)
    const known = this.#names.get(id)
    if (known !== undefined)
      throw new Error(`${this.#kind} '${name}' is defined twice or collides with '${known}'`)
    this.#names.set(id, name)
    let slot = id & (SLOTS - 1)
    while (this.#ids[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
    this.#ids[slot] = id
    this.#ops[slot] = ops
    return id
  }

  /** Operations of an id. Throws for an id that no module on this CPU defined: a jump to nowhere. */
  get(id: number): T {
    for (let slot = id & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const found = this.#ids[slot]
      if (found === id) return this.#ops[slot] as T
      if (found === 0) throw new Error(`no ${this.#kind} has id ${id}: its module is not loaded on this CPU`)
    }
  }

  /** Operations of a name; undefined if no module on this CPU defined it. */
  find(name: string): T | undefined {
    const id = hashName(name)
    return this.#names.get(id) === name ? this.get(id) : undefined
  }

  /** Name of an id, for reports; '' if unknown. */
  nameOf(id: number): string {
    return this.#names.get(id) ?? ''
  }
}
