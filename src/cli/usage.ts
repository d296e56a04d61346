/**
 * Bad usage: one line that names the flag, the value, and what is accepted. Exit code 2, no stack.
 */
/** What the user asked for cannot be done as it is asked for. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

// oxlint-disable-next-line no-control-regex -- what would break a line, or move the cursor of a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

const written = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A word as a line can show it. */
export function shown(word: string): string {
  if (word === '') return "''"
  return word.search(CONTROL) >= 0 || word.trim() !== word ? JSON.stringify(word) : word
}

/** A text as one line, of which a terminal shows every sign. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll(CONTROL, written)
}

/** The error of a flag's value. */
export function badValue(flag: string, value: unknown, accepted: string): UsageError {
  return new UsageError(`${flag} ${shown(String(value))}: wanted ${accepted}`)
}

/** Edit distance of two words: insertions, deletions, substitutions, and two neighbours swapped. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)]
  const at = (i: number, k: number): number => rows[i]?.[k] ?? Infinity
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let k = 1; k <= b.length; k++) {
      const swapped = a[i - 1] === b[k - 2] && a[i - 2] === b[k - 1] ? at(i - 2, k - 2) + 1 : Infinity
      const changed = at(i - 1, k - 1) + (a[i - 1] === b[k - 1] ? 0 : 1)
      row.push(Math.min(swapped, changed, at(i - 1, k) + 1, at(i, k - 1) + 1))
    }
  }
  return at(a.length, b.length)
}

/** The name that was probably meant, as `, did you mean 'x'?`; '' if none is near, or begins like this. */
export function didYouMean(word: string, names: readonly string[]): string {
  if (word.trim() === '') return ''
  const asked = word.toLowerCase()
  const near = names
    .map((name) => ({ name, far: distance(asked, name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(1, name.length / 3))
    .sort((a, b) => a.far - b.far)[0]
  const longer = names.filter((name) => name.toLowerCase().startsWith(asked))
  const meant = near?.name ?? longer.toSorted((a, b) => a.length - b.length)[0]
  return meant === undefined ? '' : `, did you mean '${meant}'?`
}
