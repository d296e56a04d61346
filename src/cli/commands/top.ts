/**
 * `lockstorm top`: a live view of the runs of this user.
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { maybe, on, one, type Values } from '../flag.ts'
import { integer, time } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const MOST_PID = 2 ** 22

const flags = {
  once: on('print every run once and end; so without a terminal'),
  pid: maybe(integer(1, MOST_PID), '<n>', 'the run of this process'),
  every: one(time(50, '1h'), '<time>', '500ms', 'time between two pictures'),
  json,
}

/** What the flags of top come to. */
export type TopFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'top',
  summary: SUMMARIES.top,
  flags,
  notes: [
    {
      prose:
        'Every storm, torture test and shell of this user offers itself on a socket of mode 600 in a folder that nobody else may enter: ' +
        'lockstorm in XDG_RUNTIME_DIR, or lockstorm-<uid> in the folder for temporary files. It costs a run nothing while nobody looks.',
    },
    'Keys:',
    {
      pairs: [
        ['  c w r o', 'sort by CPU, time of waiting, rate, operation'],
        ['  f', 'only tasks that wait'],
        ['  /', 'only tasks in which a text stands'],
        ['  n', 'the next run'],
        ['  space', 'hold the picture'],
        ['  q', 'quit'],
      ],
    },
  ],
  exits: '0 a run was seen, 1 with --once: there is none, 2 bad usage, 3 the view broke, 130 interrupted.',
  examples: [
    ['lockstorm top', ''],
    ['lockstorm top --once', 'for scripts'],
    ['lockstorm top --once --json -', ''],
  ],
  runs: ['top_command', 'top'],
}
