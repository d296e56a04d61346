/**
 * Broken invariants of many rounds, one sentence each: `devices on mdev_list: up to 9, not 0 (3 rounds)`.
 */

interface Count {
  rounds: number
  /** Largest deviation, for sentences that state a figure. */
  found: number
  wanted: number | undefined
}

/** Collects what was found broken in one cell of a storm. */
export class Broken {
  readonly #counts = new Map<string, Count>()

  /** True if there is any. */
  get any(): boolean {
    return this.#counts.size > 0
  }

  /** Takes the sentences of one round; the same sentence twice counts once. */
  take(sentences: readonly string[]): void {
    for (const sentence of new Set(sentences)) {
      const [, what, found, wanted] = /^(.*): (-?\d+), not (-?\d+)$/.exec(sentence) ?? []
      const key = what ?? sentence
      const fresh: Count = {
        rounds: 0,
        found: Number(found),
        wanted: wanted === undefined ? undefined : Number(wanted),
      }
      const count = this.#counts.get(key) ?? fresh
      this.#counts.set(key, count)
      count.rounds++
      const off = (figure: number): number => Math.abs(figure - (count.wanted ?? figure))
      if (off(Number(found)) > off(count.found)) count.found = Number(found)
    }
  }

  /** One sentence per invariant. */
  sentences(): string[] {
    return [...this.#counts].map(([what, { rounds, found, wanted }]) => {
      const times = rounds === 1 ? '' : ` (${rounds} rounds)`
      if (wanted === undefined) return what + times
      return `${what}: ${rounds === 1 ? '' : 'up to '}${found}, not ${wanted}${times}`
    })
  }
}
