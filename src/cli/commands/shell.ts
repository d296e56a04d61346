/**
 * `lockstorm shell`: one machine, and a prompt.
 */
import { STRATEGIES } from '../../mdev/strategies.ts'
import { LIVE_MODULES } from '../../live/modules.ts'
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { list, maybe, namesOr, on, one, type Values } from '../flag.ts'
import { integer, oneOf, type Kind } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

/** CPUs that take words: with those that serve, fewer than an arena has. */
const MOST_CPUS = 64

/** Lines of the shell. */
const line: Kind<string> = {
  accepts: 'a line of the shell',
  parse: (word) => (word.trim() === '' ? undefined : word),
  right: 'ls',
  wrong: [' '],
}

const flags = {
  command: maybe(line, '<line>', 'run this line and end', { short: 'c' }),
  errexit: on('end at the first command that fails'),
  strategy: one(oneOf(STRATEGIES.map(({ name }) => name)), '<name>', 'global', 'locking strategy'),
  cpus: one(integer(1, MOST_CPUS), '<n>', '8', 'CPUs that run commands; two more serve interrupts and work'),
  drivers: list(
    namesOr(
      LIVE_MODULES.map(({ name }) => name),
      ['vgpu', 'mtty', 'tpm', 'switchtec', 'gadget'],
    ),
    '<a,b|all>',
    'vgpu',
    `drivers to load: any of ${LIVE_MODULES.map(({ name }) => name).join(', ')}; all: vgpu, mtty, tpm, switchtec and gadget`,
  ),
  json,
}

/** What the flags of a shell come to. */
export type ShellFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'shell',
  summary: SUMMARIES.shell,
  flags,
  notes: [
    {
      prose:
        'Each command that touches the kernel runs on a CPU of the machine, a thread that really waits; with & at its end the prompt comes ' +
        'back at once. At a terminal there are Tab, a history, and Ctrl-C, which sends a signal. From a pipe or a file the lines are a script. ' +
        'The word help lists all words; docs/shell.md shows a session.',
    },
  ],
  exits:
    'that of exit, else the status of the last command: 0 well, 1 refused, 2 bad usage, 3 a task died or the run broke, 127 no such word; ' +
    '1 in place of 0 if the kernel has oopsed or its lock validator has reported something; 130 interrupted.',
  examples: [
    ['lockstorm shell', 'sit down at a machine'],
    ["lockstorm shell -c 'tree /sys/bus 2'", 'one line'],
    ['lockstorm shell --errexit < script', 'a script, up to the first failure'],
    ['lockstorm shell --strategy placeholder --drivers all', ''],
  ],
  runs: ['shell_command', 'shell'],
}
