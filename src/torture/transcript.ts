/**
 * What a test prints: the lines of the kernel's torture modules, from `--- Start of test` to `--- End of test`.
 */
import type { Ground } from './ground.ts'
import { formatParams, type Params } from './params.ts'
import type { Tally } from './tally.ts'
import type { TortureType } from './type.ts'

/** Writes one test's lines. Lines with a level are printed from that `verbose` on. */
export class Transcript {
  readonly #type: TortureType
  readonly #params: Params
  readonly #suffix: string
  readonly #print: (line: string) => void
  #toldLast = false

  /** @param debug the test runs in the checked build */
  constructor(type: TortureType, params: Params, debug: boolean, print: (line: string) => void) {
    this.#type = type
    this.#params = params
    this.#suffix = debug ? ' [debug]' : ''
    this.#print = print
  }

  start({ kinds }: Ground): void {
    this.#say(`--- Start of test${this.#suffix}: ${this.#paramText()}`)
    for (const line of this.#type.opening?.(this.#params) ?? []) this.#print(line)
    for (const { comm, tasks } of kinds) {
      for (let i = 0; i < tasks; i++) this.#say(` Creating ${comm} task`, 1)
    }
  }

  stopping({ kinds }: Ground): void {
    for (const { comm } of kinds) this.#say(` Stopping ${comm} task`, 1)
  }

  /** The statistics line; the last one is printed once. */
  stats(tally: Tally, state: number, last: boolean): void {
    if (last && this.#toldLast) return
    this.#toldLast ||= last
    for (const line of this.#type.stats(tally, state, last)) this.#print(line)
  }

  /** @param word what it comes to */
  end(word: string): void {
    this.#say(`--- End of test: ${word}${this.#suffix}: ${this.#paramText()}`)
  }

  #paramText(): string {
    return formatParams(this.#type.params, this.#params)
  }

  #say(text: string, level: number = 0): void {
    if (this.#params.verbose >= level) this.#print(`${this.#type.name}-torture:${text}`)
  }
}
