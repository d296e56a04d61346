/**
 * `lockstorm compare`: is anything slower than it was, or broken that was not?
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { maybe, maybeList, on, one, type Values } from '../flag.ts'
import { oneOf, part, text } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const flags = {
  baseline: maybe(
    text,
    '<name>',
    'strategy, contender or type that the others are told as multiples of; default: that of the runs, for benches the bare Atomics of each case',
  ),
  filter: maybeList(text, '<text,…>', 'only what has one of these in its name: srcu, sleep:1ms'),
  alpha: one(part, '<share>', '0.05', 'chance of a false verdict in the whole comparison'),
  least: one(part, '<share>', '5%', 'least change that counts: what is below is called small'),
  self: on('all files are equal runs: how often does a comparison of them find something?'),
  sameMachine: on('another machine or Node makes runs incomparable (exit code 2)'),
  format: one(oneOf(['text', 'md']), '<how>', 'text', 'text, or md: Markdown'),
  json,
}

/** What the flags of a comparison come to. */
export type CompareFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'compare',
  summary: SUMMARIES.compare,
  operands: '[files...]',
  parted: true,
  flags,
  notes: [
    {
      prose:
        'Files are results that --json has written; those before -- are how it was, those behind it how it is; two files need no --. ' +
        'Judged is time as a multiple of the baseline in the same round, the baseline itself against the floor. With fewer than four ' +
        'runs a side only a clear change counts: `storm --runs 6` makes six. Verdicts of torture, races, models, fences and litmus ' +
        'tests are compared too.',
    },
  ],
  exits:
    '0 nothing slower, 1 something slower, an invariant broken that was whole, or a verdict that changed (with --self: more false alarms than alpha), ' +
    '2 bad usage, or not comparable, or nothing that could be judged, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm compare before.json after.json', ''],
    ['lockstorm compare before/*.json -- after/*.json', 'several runs a side'],
    ['lockstorm compare before.json after.json --filter srcu --least 10%', ''],
    ['lockstorm compare --self equal/*.json', 'the false alarms of this machine'],
    ['lockstorm compare bench-1.json bench-2.json --format md', ''],
  ],
  runs: ['compare_command', 'compareCommand'],
}
