/**
 * What a test found wrong, each kind told once, as the kernel's WARN_ON_ONCE does.
 */
import type { TortureFinding } from '../results/torture.ts'

/** Findings of one test, with how often each was seen. */
export class Findings {
  readonly #all = new Map<string, TortureFinding>()
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Notes one more of a kind. The first prints a warning. */
  add(kind: string, text: string, atMs: number): void {
    this.set(kind, text, atMs, (this.#all.get(kind)?.count ?? 0) + 1)
  }

  /** Sets how often a kind has happened. */
  set(kind: string, text: string, atMs: number, count: number): void {
    const known = this.#all.get(kind)
    this.#all.set(
      kind,
      known === undefined ? { kind, text, count, atMs: Math.round(atMs) } : { ...known, count },
    )
    if (known === undefined) this.#print(`WARNING: ${text}`)
  }

  get all(): readonly TortureFinding[] {
    return [...this.#all.values()]
  }

  /** Failures in all. */
  get total(): number {
    return this.all.reduce((sum, { count }) => sum + count, 0)
  }
}
