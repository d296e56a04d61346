/**
 * `lockstorm torture`: does this primitive hold under stress?
 */
import { describeParam, PARAM_NAMES, parseParam, type ParamName } from '../../torture/params.ts'
import type { CommandSpec } from '../command.ts'
import { detectors, json, junit } from '../common_flags.ts'
import { maybe, on, type Flag, type Values } from '../flag.ts'
import { time, type Kind } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

/** Why a word is no value of a parameter, or the value. */
function tried(name: ParamName, word: string): number | string {
  try {
    return parseParam(name, word)
  } catch (error) {
    return (error as Error).message
  }
}

/** The value of a parameter, in the words of its own parser. */
function valueOf(name: ParamName): Kind<number> {
  return {
    accepts: String(tried(name, '')),
    parse: (word) => {
      const value = tried(name, word)
      return typeof value === 'string' ? undefined : value
    },
    right: '1',
    wrong: ['x', '-2', '1e99', '0x1'],
  }
}

const params = Object.fromEntries(
  PARAM_NAMES.map((name) => [name, maybe(valueOf(name), '<value>', describeParam(name))]),
) as Readonly<Record<ParamName, Flag<number | undefined>>>

const flags = {
  list: on('list the types and end', { not: ['a type'] }),
  duration: maybe(
    time(1, '24h'),
    '<time>',
    'length of the test, for `all` of all tests together: 500ms, 10s, 2m',
  ),
  checked: on('run the instrumented build'),
  ...detectors(),
  junit: { ...junit, not: ['--list'] },
  json,
  ...params,
}

/** What the flags of a torture test come to. */
export type TortureFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'torture',
  summary: SUMMARIES.torture,
  operands: '[type] [parameters...]',
  flags,
  notes: [{ prose: 'Parameters may also be given as modprobe takes them: name=value.' }],
  exits:
    '0 success (all: every real type succeeded and every busted one failed), 1 failure, 2 bad usage, 3 a hang or a crash (in a file of yours 1), ' +
    '130 interrupted.',
  examples: [
    ['lockstorm torture mutex_lock --duration 30s --nwriters_stress 8', ''],
    ['lockstorm torture srcu nreaders=4 gp_poll=1 stat_interval=2', ''],
    ['lockstorm torture mutex_lock --duration 2s --lockdep --lock-stat', ''],
    ['lockstorm torture ./my-lock.js --duration 10s', 'a lock of your own, or several; see examples/'],
    ['lockstorm torture all --duration 60s --json torture.json', ''],
  ],
  runs: ['torture_command', 'tortureCommand'],
}
