/**
 * Who may run beside whom: units that time something run alone, the others together. First come, first served.
 */
interface Waiting {
  readonly alone: boolean
  readonly begin: () => void
}

/** See the head of this file. */
export class Turns {
  readonly #waiting: Waiting[] = []
  #running = 0
  #alone = false

  /** Resolves when the turn has come. @returns what ends it */
  async take(alone: boolean): Promise<() => void> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ alone, begin })
      this.#next()
    })
    return () => {
      this.#running--
      if (alone) this.#alone = false
      this.#next()
    }
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#alone || (first.alone && this.#running > 0)) return
      this.#waiting.shift()
      this.#running++
      this.#alone = first.alone
      first.begin()
    }
  }
}
