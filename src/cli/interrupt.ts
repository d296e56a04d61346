/**
 * Ctrl-C, and SIGTERM. The first ends a run after the step it is at, with what there is so far; Ctrl-C once more ends the process.
 *
 * Exit code   that of what was found; 130 if nothing was, because nobody knows what the rest would have shown.
 */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const CODE = 130

/** Listens for the signals while a command runs. */
export class Interrupt {
  readonly #abort = new AbortController()
  readonly #handler = (signal: NodeJS.Signals): void => {
    // Whoever sends SIGTERM may have sent it to the process that started this one, too, which passes it on.
    if (this.asked && signal === 'SIGINT') process.exit(CODE)
    if (this.asked) return
    // The terminal has shown a ^C behind the line of progress.
    const line = process.stderr.isTTY ? '\n' : ''
    process.stderr.write(`${line}lockstorm: ending after this step; Ctrl-C once more ends at once\n`)
    this.#abort.abort()
  }

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#handler)
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
    for (const signal of SIGNALS) process.off(signal, this.#handler)
  }

  [Symbol.dispose](): void {
    this.end()
  }

  /** The exit code of a run that would have ended with `code`. `done` says how far it came. */
  code(code: number, done: string): number {
    if (!this.asked) return code
    process.stderr.write(`lockstorm: interrupted: ${done}\n`)
    return code === 0 ? CODE : code
  }

  /** What has come of `all`, in its order: everything, or what was there when the first signal came. */
  async finished<T extends object>(all: readonly Promise<T>[]): Promise<T[]> {
    const results: (T | undefined)[] = all.map(() => undefined)
    const each = all.map(async (one, i) => {
      results[i] = await one
    })
    const asked = new Promise<void>((resolve) => {
      this.signal.addEventListener('abort', () => {
        resolve()
      })
    })
    await Promise.race([Promise.all(each), asked])
    return results.filter((result) => result !== undefined)
  }

  /** A result that says so if it is not whole. */
  mark<T extends object>(result: T): T & { readonly interrupted?: true } {
    return this.asked ? { ...result, interrupted: true } : result
  }
}
