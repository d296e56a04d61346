/**
 * `lockstorm lockdep`: lock patterns of the mailing-list threads under the lock validator.
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { on, one, type Values } from '../flag.ts'
import { oneOf } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const flags = {
  gate: one(oneOf(['rwsem', 'srcu']), '<name>', 'rwsem', 'what guards the unregistering: rwsem or srcu'),
  era: one(
    oneOf(['2019', '2023']),
    '<year>',
    '2023',
    'validator of 2019, or of 2023 with wait types and SRCU edges',
  ),
  srcuSync: on('SRCU edges whatever the era', { goes: ['--gate srcu'] }),
  json,
}

/** What the flags come to. */
export type LockdepFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'lockdep',
  summary: SUMMARIES.lockdep,
  operands: '[pattern]',
  flags,
  notes: [
    'Patterns:',
    {
      pairs: [
        [
          '  devlink',
          'T1 removes an mdev: unreg_sem, then devlink_mutex. T2 changes a devlink mode: devlink_mutex, then unreg_sem. ' +
            'T2 starts when T1 has ended, so nothing ever waits, and lockdep reports the order all the same.',
        ],
      ],
    },
  ],
  exits: '0 no report, 1 a report, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm lockdep devlink', 'the report of 2019, circular'],
    ['lockstorm lockdep devlink --gate srcu --era 2019', 'silent then: SRCU had no update-side edges'],
    ['lockstorm lockdep devlink --gate srcu', 'reported since 6.4 (f0f44752f5f6)'],
    ['lockstorm lockdep devlink --gate srcu --era 2019 --srcu-sync --json report.json', ''],
  ],
  runs: ['lockdep_command', 'lockdep'],
}
