/**
 * Numbers as people read them, and prose that fits a width. Colour codes count as nothing. It imports nothing of Node: the explorer
 * draws its ladders with it, in a page, too.
 */

/** What colours a text. */
const COLOUR = /\p{Cc}\[[\d;]*m/gu

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 100 || size === 0) return String(Math.round(value))
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** A time in its own unit: `850 ns`, `32.1 µs`, `1.25 ms`. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${digits(ns)} ns`
  if (ns < 1e6) return `${digits(ns / 1e3)} µs`
  return ns < 1e9 ? `${digits(ns / 1e6)} ms` : `${digits(ns / 1e9)} s`
}

/** Two times, each in its own unit: `20.1 µs / 6.10 ms`. */
export function durations(a: number, b: number): string {
  return `${duration(a)} / ${duration(b)}`
}

/** Characters that a terminal shows of a text. */
export function visible(text: string): number {
  return text.includes('\u001B') ? text.replace(COLOUR, '').length : text.length
}

/** A rule is a picture, no word: it ends where the line does. */
const RULE = /^([-=─.])\1+$/

/** The next word with its gap, where it fits behind what stands there; undefined where a new line must begin. */
function joined(line: string, gap: string, word: string, width: number): string | undefined {
  return visible(line) + gap.length + visible(word) <= width ? line + gap + word : undefined
}

/**
 * One line as lines of at most `width` characters, broken between words; a longer word has a line of its own. Gaps inside a
 * line stay as they are.
 * @param hang columns before the second line and those after it; two more than before the first if not given
 */
export function wrappedLine(line: string, width: number, hang?: number): string[] {
  if (visible(line) <= width) return [line]
  const indent = ' '.repeat(Math.min(hang ?? (/^ */.exec(line)?.[0].length ?? 0) + 2, Math.floor(width / 2)))
  const lines: string[] = []
  let current: string | undefined
  for (const [, gap = '', text = ''] of line.matchAll(/( *)([^ ]+)/g)) {
    const word = RULE.test(text) ? text.slice(0, width - (current ?? gap).length) : text
    const longer = current === undefined ? gap + word : joined(current, gap, word, width)
    if (longer === undefined) lines.push(current as string)
    current = longer ?? indent + word
  }
  return [...lines, current ?? '']
}

/** A text of any number of lines, each of at most `width` characters. */
export function wrapped(text: string, width: number, hang?: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrappedLine(line, width, hang))
    .join('\n')
}
