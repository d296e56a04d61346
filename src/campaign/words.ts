/**
 * Command lines as lists of words. No shell ever sees one: quotes hold a word together, and nothing else has a meaning.
 */
import { ShapeError } from '../define/shape.ts'

/** The words of a line. `'…'` and `"…"` hold one together. @throws ShapeError for a quote without its other */
export function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  const without = words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  const quotes = line.replaceAll(/'[^']*'|"[^"]*"/g, '')
  if (/['"]/.test(quotes)) throw new ShapeError(`${line}: a quote has no other that ends it`)
  return without
}

/** The line that a shell would make these words of. */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) && word !== '' ? word : `'${word}'`)).join(' ')
}

/** Names in braces, in order, each once. */
export function bracedIn(line: string): string[] {
  return [...new Set([...line.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))]
}

/** The words with values for names in braces. */
export function filled(words: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return words.map((word) => word.replaceAll(/\{(\w+)\}/g, (braced, name: string) => values[name] ?? braced))
}
