/**
 * `lockstorm playground`: the explorer in a page of the browser.
 */
import type { CommandSpec } from '../command.ts'
import { one, type Values } from '../flag.ts'
import { integer } from '../kinds.ts'
import { SUMMARIES } from './index.ts'

const MOST_PORT = 65_535

const flags = {
  port: one(integer(0, MOST_PORT), '<n>', '0', 'port of 127.0.0.1 to listen on; 0: a free one'),
}

/** What the flags of a playground come to. */
export type PlaygroundFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'playground',
  summary: SUMMARIES.playground,
  flags,
  notes: [
    {
      prose:
        'A page on this computer, and for this computer alone, with an editor: programs that use lockstorm/explore and lockstorm/sync ' +
        'run in a worker of the page, and the schedule that breaks one can be stepped through. It serves its own files and loads ' +
        'nothing from elsewhere. It ends with Ctrl-C.',
    },
  ],
  exits: '2 bad usage, or the port cannot be had, 3 the server itself broke, 130 ended by a signal.',
  examples: [
    ['lockstorm playground', 'prints the address of the page'],
    ['lockstorm playground --port 8080', ''],
  ],
  runs: ['playground_command', 'playground'],
}
