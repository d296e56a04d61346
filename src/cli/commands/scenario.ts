/**
 * `lockstorm scenario`: does this race of the mailing-list threads happen under this strategy?
 */
import type { CommandSpec } from '../command.ts'
import { json, junit, repeat, trace, write } from '../common_flags.ts'
import { KNOWN_STRATEGIES, strategies } from '../strategy_flags.ts'
import { maybe, on, type Values } from '../flag.ts'
import { integer, oneOf, orFile, readable } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const EXPLORED = { goes: ['--explore'] }
const NAMED = { goes: ['the name of a scenario'] }

const flags = {
  strategies: strategies('strategies to run it under; default all', {
    goes: ['the name of a scenario', '--matrix'],
  }),
  strategy: maybe(orFile(oneOf(KNOWN_STRATEGIES)), '<name>', 'the same for a single one', {
    ...NAMED,
    not: ['--strategies', '--matrix'],
  }),
  repeat: repeat('force it n times: are all runs the same?', {
    goes: ['the name of a scenario', '--matrix'],
    not: ['--stress'],
  }),
  stress: maybe(integer(1, 1_000_000), '<n>', 'run it n times without a schedule and give the rate', {
    ...NAMED,
    not: ['--matrix'],
  }),
  explore: on('every interleaving up to a bound of preemptions: does any of them show it?', {
    goes: ['the name of a scenario', '--matrix'],
    not: ['--stress'],
  }),
  bound: maybe(integer(0, 100), '<n>', 'most preemptions; default 1, or what the race asks for', EXPLORED),
  coarse: on(
    "preempt nobody before words of the driver core's own locks, lists and counts: more preemptions are in reach",
    EXPLORED,
  ),
  executions: maybe(integer(1, 1_000_000_000), '<n>', 'most executions; default 20000', EXPLORED),
  near: maybe(
    readable,
    '<file>',
    'begin near what a race of yours did in this report, which `scenario FILE --json` or `--stress n --json` has left',
    { ...EXPLORED, not: ['--matrix'] },
  ),
  jobs: maybe(integer(1, 256), '<n>', 'cores to search on; default 1', EXPLORED),
  matrix: on('every race under every strategy; with the name of one, or a file, that row'),
  write: write('docs/matrix.md', { goes: ['--matrix'], not: ['--strategies', 'the name of a scenario'] }),
  lockdep: on('print the reports of lockdep, and keep them in --json; --stress: in the checked build', {
    goes: ['the name of a scenario', '--matrix'],
  }),
  lockStat: on('in the checked build, print what locks cost, as /proc/lock_stat does', {
    goes: ['--stress'],
  }),
  trace: trace('the ladder', { ...NAMED, not: ['--stress', '--explore', '--matrix'] }),
  junit: { ...junit, goes: ['the name of a scenario', '--matrix'] },
  json,
}

/** What the flags of a scenario come to. */
export type ScenarioFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'scenario',
  summary: SUMMARIES.scenario,
  operands: '[name]',
  flags,
  notes: [
    {
      prose:
        'Lockdep watches every forced run, and the verdict says whether it has seen something: --lockdep prints what. Free runs are ' +
        'of the fast build; --lockdep and --lock-stat run them in the checked build, which is slower, so that rates are not ' +
        'comparable. A report where the table of the scenario has none is not as expected; nothing else changes because of it. ' +
        'In a forced run CPUs take turns and no time passes, so that --lock-stat has nothing to count.',
    },
  ],
  exits: '0 as expected, 1 not as expected, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm scenario', 'list the races'],
    [
      'lockstorm scenario problem-5 --strategy placeholder',
      'force the drawn interleaving: ladder, report, verdict',
    ],
    ['lockstorm scenario problem-5', 'the same under every strategy, verdicts only'],
    ['lockstorm scenario newcomer --strategy refcount --repeat 100', ''],
    [
      'lockstorm scenario same-uuid --strategy srcu --stress 500',
      'let it run free; how often does it happen?',
    ],
    [
      'lockstorm scenario devlink-order --strategy rwsem --lockdep',
      'what lockdep says of it, beside the verdict',
    ],
    [
      'lockstorm scenario double-remove --stress 100 --lockdep --lock-stat',
      'free runs in the checked build, watched',
    ],
    ['lockstorm scenario problem-5 --explore', 'is there any interleaving in which it happens?'],
    ['lockstorm scenario --matrix --write docs/matrix.md', 'every race under every strategy'],
    [
      'lockstorm scenario --matrix --explore',
      'with what all interleavings of each cell show; 20 minutes or so',
    ],
    [
      'lockstorm scenario --matrix --strategies sharded --explore --coarse --bound 3 --json sharded.json',
      'one column of it, each race with all schedules of up to three preemptions outside the driver core',
    ],
    ['lockstorm scenario ./my-race.js', 'a race of yours under every strategy; see examples/'],
    ['lockstorm scenario ./my-race.js --matrix', 'the same as a row of the matrix'],
    [
      'lockstorm scenario ./my-race.js --explore --near report.json',
      'first near what `scenario ./my-race.js --stress 500 --json report.json` has seen happen',
    ],
    ['lockstorm scenario problem-5 --strategy ./my-strategy.js', 'one of ours under a strategy of yours'],
    ['lockstorm scenario --matrix --repeat 100', 'are all runs of each cell alike?'],
  ],
  runs: ['scenario_command', 'scenario'],
}
