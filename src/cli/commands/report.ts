/**
 * `lockstorm report`: results as a page.
 */
import type { CommandSpec } from '../command.ts'
import { maybe, one, type Values } from '../flag.ts'
import { file, oneOf, text } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const flags = {
  output: maybe(file('stdout'), '<file>', 'write the page there; default stdout', { short: 'o' }),
  format: one(oneOf(['html', 'md']), '<how>', 'html', 'html, or md: Markdown for a mail'),
  title: one(text, '<text>', 'lockstorm', 'what stands above it'),
}

/** What the flags of a report come to. */
export type ReportFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'report',
  summary: SUMMARIES.report,
  operands: '[files...]',
  flags,
  notes: [
    {
      prose:
        'Files are results that --json has written, of storms, growths, races, models, fences, torture, benches and comparisons, and timelines ' +
        'that --trace has written. Each becomes a section, in their order. The page loads nothing and needs no script; it may be mailed and printed.',
    },
  ],
  exits:
    '0 written, 2 bad usage, or a file of which nothing can be shown, 3 it could not be written, 130 interrupted.',
  examples: [
    ['lockstorm report storm.json matrix.json torture.json -o page.html', ''],
    ['lockstorm report storm.json trace.json --title "Monday" -o page.html', 'with timelines'],
    ['lockstorm report storm.json --format md', 'for a mail'],
  ],
  runs: ['report_command', 'reportCommand'],
}
