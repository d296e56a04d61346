/**
 * Where a run is, on stderr: on a terminal one line that is redrawn, at most ten times a second; elsewhere a line of its own
 * every ten seconds, so that a log shows that the run lives.
 */
import type { WriteStream } from 'node:tty'

const REDRAW_MS = 100
const SIGN_MS = 10_000
const USUAL_WIDTH = 80

/** Shows where a run is; clear it before printing anything else. */
export class Progress {
  readonly #out: Pick<WriteStream, 'isTTY' | 'columns' | 'write'>
  readonly #started = performance.now()
  readonly #signs: NodeJS.Timeout | undefined
  #text: string
  #last = 0
  #drawn = false

  /** @param name what runs, until `show` says more */
  constructor(name: string, out: Pick<WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr) {
    this.#text = name
    this.#out = out
    if (out.isTTY) return
    this.#signs = setInterval(() => {
      const seconds = Math.round((performance.now() - this.#started) / 1000)
      this.#out.write(`lockstorm: ${this.#text} (running for ${seconds} s)\n`)
    }, SIGN_MS)
    this.#signs.unref()
  }

  /** Shows a text in place of the last one. */
  show(text: string): void {
    this.#text = text
    if (!this.#out.isTTY) return
    const now = performance.now()
    if (now - this.#last < REDRAW_MS) return
    this.#last = now
    this.#drawn = true
    const width = this.#out.columns > 0 ? this.#out.columns : USUAL_WIDTH
    this.#out.write(`\r\u001B[K${text.slice(0, width - 1)}`)
  }

  /** Clears the line. */
  clear(): void {
    if (this.#drawn) this.#out.write('\r\u001B[K')
    this.#drawn = false
  }

  /** Clears the line, and shows nothing more. */
  end(): void {
    this.clear()
    clearInterval(this.#signs)
  }
}
