/**
 * `lockstorm selftest`: does lockdep see what it must see, and nothing else?
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { on, type Values } from '../flag.ts'
import { SUMMARIES } from './index.ts'

const flags = { traced: on('tracepoints in place of locks'), json }

/** What the flags come to. */
export type SelftestFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'selftest',
  summary: SUMMARIES.selftest,
  flags,
  notes: [
    {
      prose:
        "The kernel's locking self-test (lib/locking-selftest.c) on our locks: each cell is a scenario that lockdep must report, " +
        'or must not. ok: it did as it must.',
    },
  ],
  exits: '0 all cells ok, 1 a cell failed, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm selftest', ''],
    ['lockstorm selftest --traced', 'the tracepoints alone, without locks behind them'],
    ['lockstorm selftest --json selftest.json', ''],
  ],
  runs: ['selftest_command', 'selftest'],
}
