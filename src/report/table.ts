/**
 * Plain tables: columns by width, a rule under the heads, no colours.
 */

/** A table as text. The first `left` columns are aligned left, the others right. */
export async function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): Promise<string> {
  // The import takes 0.2 s on a cold disk, and most commands print no table.
  const { default: Table } = await import('cli-table3')
  const none = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) => [
    [side, ''],
    [`${side}-mid`, ''],
    [`${side}-left`, ''],
    [`${side}-right`, ''],
    [`mid-${side}`, ''],
  ])
  const made = new Table({
    chars: { ...(Object.fromEntries(none) as Record<string, string>), middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (i < left ? 'left' : 'right')),
  })
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => (row[i] ?? '').length)))
  made.push(
    [...head],
    widths.map((width) => '─'.repeat(width)),
    ...rows.map((row) => [...row]),
  )
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
