/** What words of the shell are told: where their operands are paths, those are told from the root on. */
import { posix } from 'node:path'

/** Words whose operands are paths, up to which place: the rest is left as it is. */
const PATHS: Readonly<Record<string, number>> = {
  ls: Infinity,
  cat: Infinity,
  tree: 1,
  readlink: 1,
  open: 1,
  store: 1,
}
/** Operands of a word that is said in this directory. */
export function operands(name: string, args: readonly string[], cwd: string): string[] {
  const upTo = PATHS[name] ?? 0
  const paths = args.map((word, i) => (i < upTo && !word.startsWith('-') ? posix.resolve(cwd, word) : word))
  const bare = paths.every((word) => word.startsWith('-'))
  return (name === 'ls' || name === 'tree') && bare ? [...paths, cwd] : paths
}
