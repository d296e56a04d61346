/**
 * Variables of a shell: `NAME=TEXT`, and what `$NAME`, `$?`, `$!` and `$UUID` stand for.
 */
import type { Word } from './parse.ts'

export class Variables {
  readonly #values = new Map<string, string>()
  readonly #status: () => number
  #uuids = 0

  /** @param status that `$?` stands for */
  constructor(status: () => number) {
    this.#status = status
  }

  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** What a piece of a word stands for. */
  text({ text, variable }: Word[number]): string {
    if (!variable) return text
    if (text === '?') return String(this.#status())
    if (text === 'UUID') return this.#uuid()
    return this.#values.get(text) ?? ''
  }

  /** Does what a word says that is an assignment; true if it is one. */
  assign(word: Word): boolean {
    const [head, ...tail] = word
    if (head === undefined || head.quoted || head.variable) return false
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(head.text) ?? []
    if (name === undefined) return false
    this.set(name, value + tail.map((piece) => this.text(piece)).join(''))
    return true
  }

  /** A new one each time, the same in each shell: transcripts repeat. */
  #uuid(): string {
    return `00000000-0000-4000-8000-${(++this.#uuids).toString(16).padStart(12, '0')}`
  }
}
