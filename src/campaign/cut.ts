/**
 * Cuts a command into pieces that can run apart: an exhaustive search into parts of its tree, a sampled search and the fuzzer into
 * ranges of seeds. Together the pieces do what the whole does, and what they find says so by itself.
 */
import type { Understood } from './unit.ts'

/** How long a piece is thought to take where nobody says into how many it is to be cut, seconds. */
const PIECE_S = 30
const SAMPLED = ['pct', 'pos', 'random']
const WALKED = ['dpor', 'dfs']

/** The words without a flag that takes one word. */
function without(words: readonly string[], name: string): string[] {
  return words.filter((word, i) => word !== name && words[i - 1] !== name && !word.startsWith(`${name}=`))
}

function withFlags(words: readonly string[], flags: Readonly<Record<string, number | string>>): string[] {
  const rest = Object.keys(flags).reduce(without, [...words])
  return [...rest, ...Object.entries(flags).flatMap(([name, value]) => [name, String(value)])]
}

/** `total` in `n` shares that differ by one at most, none of them empty, each with what lies before it. */
function shares(total: number, n: number): { size: number; before: number }[] {
  const most = Math.min(n, total)
  const upTo = (i: number): number => Math.floor((total * i) / most)
  return Array.from({ length: most }, (_, i) => ({ size: upTo(i + 1) - upTo(i), before: upTo(i) }))
}

type Cut = (n: number) => string[][]

const inParts =
  (words: readonly string[]): Cut =>
  (n) =>
    Array.from({ length: n }, (_, i) => withFlags(words, { '--part': `${i + 1}/${n}` }))

/** How this command is cut; undefined if it is not. */
function cutOf({ command, operands, values }: Understood, words: readonly string[]): Cut | undefined {
  const seed = Number(values['seed'] ?? 1)
  if (command === 'explore fuzz') {
    return (n) =>
      shares(Number(values['programs']), n).map(({ size, before }) =>
        withFlags(words, { '--programs': size, '--seed': seed + before }),
      )
  }
  if (command === 'explore matrix') return inParts(words)
  if (command !== 'explore' || operands.length !== 1 || operands[0] === 'all' || values['part'] !== undefined)
    return undefined
  const search = String(values['search'])
  if (SAMPLED.includes(search) && values['executions'] !== undefined) {
    return (n) =>
      shares(Number(values['executions']), n).map(({ size }, i) =>
        withFlags(words, { '--executions': size, '--seed': seed + i }),
      )
  }
  return WALKED.includes(search) ? inParts(words) : undefined
}

/** The pieces of a command that is thought to take so long; undefined if it is to be cut and cannot be. */
export function pieces(
  what: Understood,
  words: readonly string[],
  seconds: number,
  asked: number | undefined,
): readonly (readonly string[])[] | undefined {
  const n = asked ?? Math.ceil(seconds / PIECE_S)
  if (n === 1) return [words]
  const cut = cutOf(what, words)
  if (cut === undefined) return asked === undefined ? [words] : undefined
  return cut(n)
}
