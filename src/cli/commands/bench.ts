/**
 * `lockstorm bench`: what operations cost, alone, contended and against others.
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { on, type Values } from '../flag.ts'
import { SUMMARIES } from './index.ts'

const SUITES = [
  ['  access', 'reads and writes of shared memory, through #access and through bare Atomics'],
  [
    '  sync',
    'every lock, count and grace period, alone and contended, against bare Atomics and other packages',
  ],
  ['  classes', 'the classes of lockstorm/sync, alone, beside the functions that they call'],
  ['  peers', 'the mutex alone and contended, beside those of other packages, of V8 and of glibc'],
  ['  mdev', 'one create and remove under every strategy'],
  ['  layers', 'where the time of a create and remove goes'],
  ['  fairness', 'how much each worker gets in a second, and which waits longest'],
  ['  blocked', 'processor time of workers that wait'],
] as const

const flags = {
  lockStat: on(
    'no suites: what lockdep and lock_stat cost per lock, then the locks in the table of /proc/lock_stat',
    { not: ['suites'] },
  ),
  quick: on('a few samples only: shows that everything runs, measures nothing'),
  json,
}

/** What the flags of a bench come to. */
export type BenchFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'bench',
  summary: SUMMARIES.bench,
  operands: '[suites...]',
  flags,
  notes: [
    'Suites (default: all), or files of yours that bring locks:',
    { pairs: SUITES },
    '',
    {
      prose:
        'What the columns mean: bench/README.md. A missed target is told and is no failure: it may be the machine.',
    },
  ],
  exits: '0 measured, 1 a lock of yours failed, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm bench sync fairness blocked', 'the primitives, and whether they reach their targets'],
    ['lockstorm bench mdev layers --json bench.json', ''],
    ['lockstorm bench --quick', 'does everything run?'],
    ['lockstorm bench ./my-lock.js', 'a lock of yours beside bare Atomics, ours and the packages'],
    ['lockstorm bench --lock-stat', 'what the detectors cost'],
  ],
  runs: ['bench_command', 'bench'],
}
