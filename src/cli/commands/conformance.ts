/**
 * `lockstorm conformance`: does the emulation do what a real kernel was seen to do?
 */
import type { CommandSpec } from '../command.ts'
import { json } from '../common_flags.ts'
import { on, type Values } from '../flag.ts'
import { SUMMARIES } from './index.ts'

const flags = { list: on('print every case, not only those that differ'), json }

/** What the flags come to. */
export type ConformanceFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'conformance',
  summary: SUMMARIES.conformance,
  flags,
  notes: [
    {
      prose:
        'What was recorded: of mtty, mdpy, mbochs and a driver without VFIO, the sysfs tree, attributes, errnos of odd inputs, log and uevents of mdev on Linux 6.1.192.',
    },
  ],
  exits:
    '0 as recorded or as explained, 1 an unexplained difference, 2 bad usage, 3 the run itself broke, 130 interrupted.',
  examples: [
    ['lockstorm conformance', 'sections with their counts, and the differences'],
    ['lockstorm conformance --list', 'every case'],
    ['lockstorm conformance --json conformance.json', ''],
  ],
  runs: ['conformance_command', 'conformance'],
}
