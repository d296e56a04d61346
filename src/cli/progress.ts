/**
 * The progress line: one line on stderr, redrawn at most ten times a second. Nothing where stderr is not a terminal.
 */
import type { WriteStream } from 'node:tty'

const EVERY_MS = 100

/** Shows where a run is; clear it before printing anything else. */
export class Progress {
  readonly #out: WriteStream
  readonly #on: boolean
  #last = 0

  constructor(out: WriteStream = process.stderr) {
    this.#out = out
    this.#on = out.isTTY
  }

  /** Shows a text in place of the last one. */
  show(text: string): void {
    if (!this.#on) return
    const now = performance.now()
    if (now - this.#last < EVERY_MS) return
    this.#last = now
    const width = this.#out.columns > 0 ? this.#out.columns : 80
    this.#out.write(`\r\u001B[K${text.slice(0, width - 1)}`)
  }

  /** Clears the line. */
  clear(): void {
    if (this.#on && this.#last > 0) this.#out.write('\r\u001B[K')
  }
}
