/**
 * Bad usage: one line that names the flag, the value, and what is accepted. Exit code 2, no stack.
 */

/** What the user asked for cannot be done as he asked. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** The error of a flag's value. */
export function badValue(flag: string, value: unknown, accepted: string): UsageError {
  return new UsageError(`${flag} ${String(value)}: wanted ${accepted}`)
}

/** Edit distance of two words: insertions, deletions, substitutions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let k = 1; k <= b.length; k++) {
      const change = (row[k - 1] as number) + (a[i - 1] === b[k - 1] ? 0 : 1)
      next.push(Math.min(change, (row[k] as number) + 1, (next[k - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The name that was probably meant, as `, did you mean 'x'?`; '' if none is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, far: distance(word, name) }))
    .filter(({ name, far }) => far <= Math.max(2, name.length / 3))
    .sort((a, b) => a.far - b.far)[0]
  return near === undefined ? '' : `, did you mean '${near.name}'?`
}
