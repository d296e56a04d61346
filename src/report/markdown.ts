/**
 * Tables of the pages in docs/.
 */

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Lines of a Markdown table. A cell that may hold a `|` brings it escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)]
}
