/**
 * Ctrl-C, and SIGTERM. The first ends a run after the step it is at, with what there is so far; Ctrl-C once more ends the process.
 *
 * Exit code   that of what was found; 130 if nothing was, because nobody knows what the rest would have shown.
 */
import { leave } from './leave.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const CODE = 130
/** One Ctrl-C may reach a process twice: from the terminal, and from the process that started it. */
const SAME_MS = 500

/** Listens for the signals while a command runs. */
export class Interrupt {
  readonly #abort = new AbortController()
  #first = 0
  #done = ''

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#heard)
  }

  readonly #heard = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (this.asked) {
      if (signal === 'SIGINT' && now - this.#first > SAME_MS) leave(CODE)
      return
    }
    this.#first = now
    // The terminal has shown a ^C behind the line of progress.
    const line = process.stderr.isTTY ? '\n' : ''
    process.stderr.write(`${line}lockstorm: ending after this step; Ctrl-C once more ends at once\n`)
    this.#abort.abort()
  }

  /** True from the first signal on. */
  get asked(): boolean {
    return this.#abort.signal.aborted
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Gives the signals back. */
  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#heard)
  }

  /** Says how far the run has come, should it have been interrupted. */
  cameTo(done: string): void {
    this.#done = done
  }

  /** The exit code of a run that would have ended with `code`. */
  code(code: number): number {
    if (!this.asked) return code
    process.stderr.write(`lockstorm: interrupted${this.#done === '' ? '' : `: ${this.#done}`}\n`)
    return code === 0 ? CODE : code
  }

  /** What `work` comes to; undefined if a signal came first, and then nobody waits for it. */
  async unless<T>(work: Promise<T>): Promise<T | undefined> {
    const [result] = await this.finished([work.then((value) => ({ value }))])
    return result?.value
  }

  /** What has come of `all`, in its order: everything, or what was there when the first signal came. */
  async finished<T extends object>(all: readonly Promise<T>[]): Promise<T[]> {
    const results: (T | undefined)[] = all.map(() => undefined)
    const each = all.map(async (one, i) => {
      results[i] = await one
    })
    const asked = new Promise<void>((resolve) => {
      if (this.asked) resolve()
      this.signal.addEventListener('abort', () => resolve())
    })
    await Promise.race([Promise.all(each), asked])
    return results.filter((result) => result !== undefined)
  }

  /** A result that says so if it is not whole. */
  mark<T extends object>(result: T): T & { readonly interrupted?: true } {
    return this.asked ? { ...result, interrupted: true } : result
  }
}
