/**
 * `lockstorm explore`: is there any interleaving at all that breaks this? What is not a search of named models is a command of
 * its own below it.
 */
import type { CommandSpec } from '../command.ts'
import { duration, json, junit, repeat, trace, write } from '../common_flags.ts'
import { maybe, on, one, type Values } from '../flag.ts'
import { integer, nth, oneOf, readable, time, type Kind } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

/** Searches; `src/explore` says what they do. Not loaded from there: with it come all models. */
const SEARCHES = ['portfolio', 'exhaust', 'dpor', 'dfs', 'pct', 'pos', 'random'] as const
const MOST = 1_000_000_000
const EXITS =
  '0 as expected (a model that must fail has failed), 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted.'
const NAMED = { goes: ['names of models'] }

const seconds: Kind<number> = {
  accepts: 'a number of seconds, at most 86400',
  parse: (word) => {
    const value = /^\d+(?:\.\d+)?$/.test(word) ? Number(word) : Number.NaN
    return value > 0 && value <= 86_400 ? value : undefined
  },
  right: '2',
  wrong: ['0', '-1', 'x', '5s', '86401'],
}

const jobs = maybe(integer(1, 256), '<n>', 'cores to search on; default all')
const lockdep = on('lockdep watches every execution; what it reports is a failure')
const polls = one(
  integer(0, 8),
  '<n>',
  '0',
  'how often a waiting lock polls before it sleeps: with 1, what happens meanwhile is searched too',
)
const search = maybe(
  oneOf(SEARCHES),
  '<name>',
  'portfolio (default), exhaust (of all models: dpor, then bounds), dpor, dfs, pct, pos or random',
)
const bound = maybe(integer(0, 100), '<n>', 'most preemptions', { goes: ['--search dfs'] })
const depth = maybe(integer(1, 100), '<n>', 'depth of the bug that is looked for', { goes: ['--search pct'] })
const executions = maybe(
  integer(1, MOST),
  '<n>',
  'most executions; default 100000, no limit if --duration is given',
)
const longest = maybe(
  time(1, '24h'),
  '<time>',
  'longest time; default 10s, no limit if --executions is given',
)
const seed = maybe(integer(0, MOST), '<n>', 'seed of the randomised searches')

const searching = {
  search,
  bound,
  depth,
  executions,
  duration: longest,
  seconds: maybe(seconds, '<n>', 'the same as --duration, in seconds', { not: ['--duration'] }),
  seed,
  jobs,
  polls,
  lockdep,
}

const named = <F extends Record<string, object>>(flags: F): F =>
  Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { ...NAMED, ...flag }]),
  ) as unknown as F

const flags = {
  ...named({ ...searching, trace: trace('the ladder of what failed') }),
  part: maybe(nth(10_000), '<i/n>', 'search part i of n of the tree; all parts together are the whole', {
    goes: ['--search dpor', '--search dfs'],
  }),
  near: maybe(
    readable,
    '<file>',
    'of a lock of yours: begin near what has led to the failure in this report of torture',
    NAMED,
  ),
  junit: { ...NAMED, ...junit },
  json,
}
const matrixFlags = {
  ...searching,
  part: maybe(nth(10_000), '<i/n>', 'part i of n: every n-th model; all parts together are the whole', {
    not: ['--write'],
  }),
  write: write('docs/explore.md', { not: ['--lockdep'] }),
  junit,
  json,
}
const replayFlags = {
  repeat: repeat('so many times; all must be alike'),
  trace: trace('the ladder'),
  engine: one(oneOf(['reexec', 'threads']), '<name>', 'reexec', 'reexec, or threads: real workers'),
  polls,
  lockdep,
  json,
}
const witnessFlags = {
  schedules: one(integer(1, 1_000_000), '<n>', '20', 'random schedules of each model'),
  seed: one(integer(0, MOST), '<n>', '1', 'seed of the schedules'),
  polls,
  lockdep,
  json,
}
const fuzzFlags = {
  programs: one(integer(1, 10_000_000), '<n>', '2000', 'random programs'),
  seed: one(integer(1, MOST), '<n>', '1', 'seed of the first program'),
  jobs,
  polls,
  junit,
  json,
}
const ratesFlags = { duration: duration('2s', 'time of each measurement'), jobs, json }

export type ExploreFlags = Values<typeof flags>
export type MatrixFlags = Values<typeof matrixFlags>
export type ReplayFlags = Values<typeof replayFlags>
export type WitnessFlags = Values<typeof witnessFlags>
export type FuzzFlags = Values<typeof fuzzFlags>
export type RatesFlags = Values<typeof ratesFlags>

const LOCKDEP =
  '--lockdep: a report ends the execution that makes it as a failure, also where the model was written to fail in another way, ' +
  'and is printed below the ladder. Replay such a schedule with --lockdep. Models that are written with lockdep are watched anyway.'

const subcommands: readonly CommandSpec[] = [
  {
    name: 'explore matrix',
    summary: 'every model: verdict, executions, time',
    flags: matrixFlags,
    notes: [{ prose: LOCKDEP }],
    exits: EXITS,
    examples: [['lockstorm explore matrix --write docs/explore.md', '']],
    runs: ['explore_command', 'matrix'],
  },
  {
    name: 'explore replay',
    summary: 'run a schedule again: a string that the explorer has printed',
    operands: '[string] [file]',
    flags: replayFlags,
    renamed: { '--times': '--repeat' },
    exits: EXITS,
    examples: [
      ["lockstorm explore replay 'abba@1>1' --repeat 20", 'the same schedule again, twenty times'],
      ["lockstorm explore replay 'abba@1>1' --engine threads", 'on real workers'],
    ],
    runs: ['explore_replay', 'replay'],
  },
  {
    name: 'explore witness',
    summary: 'random schedules of models, on real workers too: do both do the same?',
    operands: '[names...]',
    flags: witnessFlags,
    renamed: { '--times': '--schedules' },
    exits: EXITS,
    examples: [
      ['lockstorm explore witness mutex --schedules 100', ''],
      ['lockstorm explore witness all', 'of every model'],
    ],
    runs: ['explore_replay', 'witness'],
  },
  {
    name: 'explore fuzz',
    summary: 'the test of the explorer itself: do all searches see the same traces of random programs?',
    flags: fuzzFlags,
    exits: EXITS,
    examples: [['lockstorm explore fuzz --programs 2000', '']],
    runs: ['explore_measures', 'fuzz'],
  },
  {
    name: 'explore rates',
    summary: 'measure executions per second',
    flags: ratesFlags,
    exits: EXITS,
    examples: [['lockstorm explore rates --jobs 2', '']],
    runs: ['explore_measures', 'rates'],
  },
]

export const spec: CommandSpec = {
  name: 'explore',
  summary: SUMMARIES.explore,
  operands: '[names...]',
  flags,
  subcommands,
  renamed: {
    '--budget': '--executions',
    '--matrix': '`explore matrix`',
    '--rates': '`explore rates`',
  },
  notes: [{ prose: LOCKDEP }],
  exits: EXITS,
  examples: [
    ['lockstorm explore', 'list the models'],
    ['lockstorm explore mutex', 'bounds 0 to 2, DPOR, then sampling; a ladder if something fails'],
    ['lockstorm explore mutex-3 --search dpor --duration 60s --jobs 2', ''],
    ['lockstorm explore all --json explore.json', 'every model, as `explore matrix` does'],
    ['lockstorm explore lockdep-order-unwatched --lockdep', 'lockdep watches every execution'],
    ['lockstorm explore ./my-lock.js', 'a lock of yours: two and three threads in each way it has'],
    [
      'lockstorm explore ./my-lock.js --near report.json',
      'first near what `torture ./my-lock.js --json report.json` has seen fail',
    ],
    ['lockstorm explore ./my-model.js', 'a file of yours that exports a model, or several; see examples/'],
  ],
  runs: ['explore_command', 'exploreCommand'],
}
