/**
 * `lockstorm mount`: the emulated sysfs as a file system of the computer.
 */
import { NR_CPUS } from '../../base/constants.ts'
import type { CommandSpec } from '../command.ts'
import { json, seed } from '../common_flags.ts'
import { KNOWN_STRATEGIES } from '../strategy_flags.ts'
import { cost } from '../cost_kind.ts'
import { on, one, type Values } from '../flag.ts'
import { integer, oneOf, orFile } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const MOST_PARENTS = 256
/** One for each of 128 creates at once, and some for those who look on meanwhile. */
const USUAL_CPUS = '144'

const flags = {
  strategy: one(
    orFile(oneOf(KNOWN_STRATEGIES)),
    '<name>',
    'modern',
    `locking strategy, one of ${KNOWN_STRATEGIES.join(', ')}, or a file of yours that brings one`,
  ),
  driver: one(
    oneOf(['vgpu', 'mtty', 'mdpy', 'vfio_ap', 'mlx5_sf', 'mbochs', 'mtty-5.13', 'mbochs-5.14']),
    '<name>',
    'mtty',
    'whose parents: vgpu, mtty, mdpy, vfio_ap, mlx5_sf, mbochs, mtty-5.13 or mbochs-5.14',
  ),
  parents: one(integer(1, MOST_PARENTS), '<n>', '8', 'parents, which are cards'),
  vendor: one(
    cost,
    '<cost>',
    'none',
    'what create and remove cost: none, busy:20us, sleep:1ms, sleep:1ms:exp',
  ),
  cpus: one(
    integer(2, NR_CPUS),
    '<n>',
    USUAL_CPUS,
    'system calls that can be under way at once: each has a CPU, which is a thread; threads are started as they are needed',
  ),
  readOnly: on('nothing can be written: a tree to look at'),
  allowOther: on(
    "other users may look, too, and do what the files' modes let them (with a command they always may)",
  ),
  seed,
  json,
}

/** What the flags of a mount come to. */
export type MountFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'mount',
  summary: SUMMARIES.mount,
  operands: '[directory]',
  rest: 'command...',
  flags,
  notes: [
    {
      prose:
        'With a command, in a mount namespace of its own: only the command and what it starts see the tree, on /sys or on the ' +
        'directory that is named, and the mount ends with the command. This works without being root where user namespaces do. ' +
        'Without a command, on a directory that everybody sees, until Ctrl-C or umount; this takes root. docs/mount.md says ' +
        'what real programs can do with it, and what differs from a real kernel.',
    },
  ],
  exits:
    "0 nothing found (or the command's own), 1 something in the kernel is not whole, 2 bad usage, or it cannot be mounted here, 3 the server itself broke, 130 ended by a signal.",
  examples: [
    ['lockstorm mount -- bash', 'a shell that sees the emulated /sys'],
    ['lockstorm mount -- mdevctl types', ''],
    ['lockstorm mount --strategy global --vendor sleep:20ms -- ./my-script.sh', ''],
    ['lockstorm mount /mnt/sysfs', 'for everybody, until Ctrl-C'],
  ],
  runs: ['mount_command', 'mount'],
}
