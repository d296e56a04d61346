/**
 * `lockstorm litmus`: which outcomes of small racing programs does this machine show, and are they allowed?
 */
import type { CommandSpec } from '../command.ts'
import { duration, json, seed } from '../common_flags.ts'
import { maybeList, on, one, type Values } from '../flag.ts'
import { integer, type Kind } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

/** An outcome in its form; whether the test has it is seen when the test is known. */
const outcome: Kind<string> = {
  accepts: "an outcome such as '0:r0=0 1:r0=0'",
  parse: (word) => (/^\S+=\d+(?: \S+=\d+)*$/.test(word) ? word : undefined),
  right: '0:r0=0 1:r0=0',
  wrong: ['x', '0:r0', '='],
}

const flags = {
  list: on('list the tests with their programs and end'),
  rounds: one(integer(1, 1_000_000_000), '<n>', '400000', 'rounds of each test'),
  duration: duration('2s', 'longest run of each test'),
  seed,
  forbid: maybeList(outcome, '<outcome...>', 'count this outcome as forbidden too; with one test'),
  json,
}

/** What the flags of a litmus run come to. */
export type LitmusFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'litmus',
  summary: SUMMARIES.litmus,
  operands: '[tests...]',
  flags,
  notes: [
    {
      prose:
        'SB, MP, LB, IRIW, R, S and 2+2W, each with plain accesses, with Atomics, and in mixes that matter. A weak outcome is one ' +
        'that no interleaving gives: allowed for plain accesses, forbidden for Atomics.',
    },
  ],
  exits:
    '0 nothing forbidden was seen, 1 something forbidden was, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm litmus', 'all tests, 2 s each at most'],
    ['lockstorm litmus SB MP+plain --rounds 5000000 --duration 1m --json litmus.json', ''],
    [
      "lockstorm litmus SB+plain --forbid '0:r0=0 1:r0=0'",
      'is store buffering visible here? Exit code 1 if so',
    ],
  ],
  runs: ['litmus_command', 'litmusCommand'],
}
