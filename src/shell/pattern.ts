/**
 * Patterns in paths: `*` any text, `?` any letter, within one name.
 */

/** True if a text has signs of a pattern. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text)
}

function matcher(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}

/**
 * Paths that fit, sorted.
 * @param path absolute
 * @param list names in a directory, those of directories with a slash behind them
 */
export async function expandPattern(
  path: string,
  list: (directory: string) => Promise<readonly string[]>,
): Promise<string[]> {
  let found = ['']
  const parts = path.split('/').slice(1)
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1
    const next = await Promise.all(
      found.map(async (directory) => {
        if (!isPattern(part) && !last) return [`${directory}/${part}`]
        const names = await list(directory === '' ? '/' : directory)
        const here = last ? names : names.filter((name) => name.endsWith('/'))
        const bare = here.map((name) => name.replace(/\/$/, ''))
        return bare.filter((name) => matcher(part).test(name)).map((name) => `${directory}/${name}`)
      }),
    )
    found = next.flat()
  }
  return found.sort()
}
