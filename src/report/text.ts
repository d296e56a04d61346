/**
 * Numbers as people read them.
 */

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

/** The text in lines of at most `width` characters, broken between words. */
export function wrapped(text: string, width = 130): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join('\n')
}

/** Two times, each in its own unit: `20.1 µs / 6.10 ms`. */
export function durations(a: number, b: number): string {
  return `${duration(a)} / ${duration(b)}`
}
