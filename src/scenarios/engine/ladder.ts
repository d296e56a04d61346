/**
 * Turns what the CPUs have written down into the ladder of the mails.
 */
import { renderLadder, type LadderRow } from '../../report/ladder.ts'
import type { Entry } from './record.ts'

/** The rows of a run. */
function ladderRows(entries: readonly Entry[]): LadderRow[] {
  const names = new Map<number, string>()
  return entries.flatMap((entry) => {
    if ('lock' in entry) {
      names.set(entry.lock, entry.name)
      return []
    }
    const { cpu, depth } = entry
    if ('text' in entry) return [{ cpu, depth, text: entry.text }]
    const what = [entry.kind, names.get(entry.on) ?? ''].join(' ').trim()
    return [{ cpu, depth, text: `/* sleeps${what === '' ? '' : ` on ${what}`} */` }]
  })
}

/** The ladder as lines. */
export function drawLadder(entries: readonly Entry[], cpus: number): string[] {
  return renderLadder(ladderRows(entries), cpus, { columnWidth: 44 })
}
