/**
 * `lockstorm campaign`: more than one machine can do in its time, in units that any number of machines may run.
 */
import type { CommandSpec } from '../command.ts'
import { json, junit } from '../common_flags.ts'
import { maybe, on, one, type Values } from '../flag.ts'
import { integer, nth, time, type Kind } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const MOST_SHARDS = 100_000
const MOST_JOBS = 256

const folder: Kind<string> = {
  accepts: 'a folder',
  parse: (word) => (word !== '' && word !== '-' ? word : undefined),
  right: './results',
  wrong: ['-'],
}

const url: Kind<string> = {
  accepts: 'an address such as redis://host:6379 or rediss://:password@host:6380/1',
  parse: (word) => {
    if (!/^rediss?:\/\//.test(word) || !URL.canParse(word)) return undefined
    return new URL(word).hostname === '' ? undefined : word
  },
  right: 'redis://127.0.0.1:6379',
  wrong: ['127.0.0.1:6379', 'http://127.0.0.1', 'redis:', 'redis://'],
}

const name: Kind<string> = {
  accepts: 'a name of letters, digits, dots, dashes and underscores',
  parse: (word) => (/^[\w.-]{1,60}$/.test(word) ? word : undefined),
  right: 'worker-1',
  wrong: ['a b', 'a/b'],
}

const queue = maybe(
  url,
  '<url>',
  'the queue: Redis or what speaks like it; default is LOCKSTORM_QUEUE of the environment, which keeps a password out of the list of processes',
)
const jobs = maybe(
  integer(1, MOST_JOBS),
  '<n>',
  'units at once; default one per core; units that time something run alone',
)
const allowFiles = on('run files of a user that units bring: code of whoever wrote the campaign')
const results = maybe(
  folder,
  '<folder>',
  'where results are kept; default is the name of the campaign and -results',
)

const planFlags = { json }
const runFlags = {
  shard: maybe(
    nth(MOST_SHARDS),
    '<i/n>',
    'run part i of n; default is what Slurm, Kubernetes or CI say in the environment, else everything',
  ),
  results,
  jobs,
  allowFiles,
  junit,
  json,
}
const mergeFlags = {
  queue: { ...queue, help: `first fetch what this queue has into the folder, of which there must be one` },
  allowFiles,
  unconfirmed: on('do not run again what was found'),
  junit,
  json,
}
const submitFlags = {
  queue,
  replace: on('drop another campaign of this version that is in the queue, with its results'),
  json,
}
const workFlags = {
  queue,
  jobs,
  results: maybe(
    folder,
    '<folder>',
    'keep results in this folder, which workers share; default: they go through the queue',
  ),
  name: maybe(name, '<name>', 'name of this worker in results; default is that of the host, and the process'),
  takeover: one(
    time(1000, '1h'),
    '<time>',
    '30s',
    'a worker that gives no sign for so long loses its unit to another',
  ),
  stay: on('go on waiting when nothing is left'),
  allowFiles,
  json,
}
const statusFlags = { queue, watch: on('show it until everything is done'), json }

export type RunFlags = Values<typeof runFlags>
export type MergeFlags = Values<typeof mergeFlags>
export type SubmitFlags = Values<typeof submitFlags>
export type WorkFlags = Values<typeof workFlags>
export type StatusFlags = Values<typeof statusFlags>

const EXITS =
  '0 every unit as expected, 1 a finding, 2 bad usage, 3 a unit came to nothing or could not be kept, 130 interrupted with nothing found.'
const QUEUE_EXITS =
  '0 done, 1 a finding, 2 bad usage, 3 the queue does not answer or has no campaign of this version, 130 interrupted.'

const subcommands: readonly CommandSpec[] = [
  {
    name: 'campaign plan',
    summary: 'the units of a campaign file: command line, estimate, whether it runs alone',
    operands: '[file]',
    flags: planFlags,
    exits: '0 it is a campaign, 2 bad usage, 3 the plan could not be written.',
    examples: [
      ['lockstorm campaign plan check.json', ''],
      ['lockstorm campaign plan check.json --json plan.json', 'with ids, as other tools may read it'],
    ],
    runs: ['campaign_command', 'plan'],
  },
  {
    name: 'campaign run',
    summary: 'run a campaign, or one part of it; what has a result is not run again',
    operands: '[file]',
    flags: runFlags,
    notes: [
      {
        prose:
          'Parts are named by --shard, or by SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX (Kubernetes; LOCKSTORM_SHARDS says of how many), ' +
          'CIRCLE_NODE_INDEX or CI_NODE_INDEX with CI_NODE_TOTAL. Ctrl-C ends the units that run; they are run again next time, unless they ' +
          'have found something.',
      },
    ],
    exits: EXITS,
    examples: [
      ['lockstorm campaign run check.json', 'all of it, here'],
      ['lockstorm campaign run check.json --shard 3/8 --results /shared/check', 'one of eight machines'],
    ],
    runs: ['campaign_run', 'run'],
  },
  {
    name: 'campaign merge',
    summary: 'add results up: each finding once, with a replay that was confirmed; what is missing',
    operands: '[folders...]',
    flags: mergeFlags,
    exits:
      '0 everything is there and as expected, 1 a finding, 2 bad usage, 3 units are missing or results are of another version, 130 interrupted.',
    examples: [
      ['lockstorm campaign merge check-results', ''],
      ['lockstorm campaign merge shard-1 shard-2 shard-3 --junit check.xml', 'folders of several machines'],
      ['lockstorm campaign merge check-results --queue redis://host:6379', 'what came through a queue'],
    ],
    runs: ['campaign_merge', 'merge'],
  },
  {
    name: 'campaign submit',
    summary: 'put the units of a campaign into a queue',
    operands: '[file]',
    flags: submitFlags,
    exits: QUEUE_EXITS,
    examples: [
      ['lockstorm campaign submit check.json --queue redis://host:6379', 'again: what broke is tried again'],
    ],
    runs: ['campaign_queue', 'submit'],
  },
  {
    name: 'campaign work',
    summary: 'run units from a queue until nothing is left',
    flags: workFlags,
    exits: QUEUE_EXITS,
    examples: [
      ['lockstorm campaign work --queue redis://host:6379', ''],
      ['lockstorm campaign work --queue rediss://:password@host:6380 --jobs 1 --stay', ''],
    ],
    runs: ['campaign_queue', 'work'],
  },
  {
    name: 'campaign status',
    summary: 'how far a campaign in a queue is, how fast it goes, what was found',
    flags: statusFlags,
    exits: QUEUE_EXITS,
    examples: [['lockstorm campaign status --queue redis://host:6379 --watch', '']],
    runs: ['campaign_queue', 'status'],
  },
]

export const spec: CommandSpec = {
  name: 'campaign',
  summary: SUMMARIES.campaign,
  operands: '[command]',
  flags: {},
  subcommands,
  notes: [
    {
      prose:
        'A campaign file lists command lines of lockstorm; docs/campaigns.md says how to write one, and how to run it with GNU parallel, ' +
        'Slurm, Kubernetes, GitHub Actions, or a queue.',
    },
  ],
  exits: EXITS,
  examples: [
    ['lockstorm campaign plan check.json', 'what would be run'],
    ['lockstorm campaign run check.json', 'run it here'],
    ['lockstorm campaign merge check-results', 'what came of it'],
  ],
  runs: ['campaign_command', 'campaign'],
}
