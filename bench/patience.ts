/** How long workers may stand still before they are given up. */

/** A wait is cut into so many, at least. */
const SLICES = 10

/**
 * Waits in slices, and begins anew whenever something moves: when the whole computer stood still for a while, that is one slice and
 * not the end.
 */
export class Patience {
  /** Milliseconds to wait between two looks. */
  readonly sliceMs: number
  /** The whole of it, in words. */
  readonly text: string
  readonly #slices: number
  #idle = 0
  #seen = 0

  constructor(ms: number) {
    this.sliceMs = Math.min(ms / SLICES, 1_000)
    this.#slices = ms / this.sliceMs
    this.text = `${ms / 1_000} s`
  }

  /**
   * @param result of a wait for `sliceMs`
   * @param progress differs from the last if something moved
   */
  isOver(result: string, progress: number): boolean {
    this.#idle = result === 'timed-out' && progress === this.#seen ? this.#idle + 1 : 0
    this.#seen = progress
    return this.#idle >= this.#slices
  }
}
