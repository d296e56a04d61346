/**
 * An unplug storm as a page: docs/fences.md.
 */
import type { UnplugResult, UnplugRun } from '../results/unplug.ts'
import { markdownTable } from './markdown.ts'
import { digits } from './text.ts'
import { errorsText, latency, legend } from './unplug_table.ts'

/** What holds by construction: who can be left waiting, and what user space sees. */
const TOLD: Readonly<Record<string, { readonly waiting: string; readonly sees: string }>> = {
  flag: {
    waiting: 'every sleeper and every poll, for ever: nothing wakes them',
    sees: 'ENXIO; an operation in progress reads what is no longer there',
  },
  mutex: {
    waiting: 'a sleeper, up to its time-out (500 ms); a poll without a limit, for ever',
    sees: 'ENODEV; poll: HUP when it looks',
  },
  hard: { waiting: 'nothing', sees: 'ENODEV; poll: HUP at once' },
  rwsem: { waiting: 'nothing', sees: 'EPIPE; poll: HUP at once' },
  srcu: { waiting: 'nothing', sees: 'EIO; poll: HUP at once' },
  'wait-close': {
    waiting: 'the unregistration, until the last user closes',
    sees: 'nothing: old files work; new opens: ENXIO',
  },
  'cdev-kill': {
    waiting: 'the unregistration, until the last process has died',
    sees: 'death: every call EINTR, the process is killed',
  },
}

/** Command that makes the page of a plan. */
function commandOf({ fences, durationMs, cpus, sleepers }: UnplugRun['plan']): string {
  const load = `--duration ${durationMs / 1000}s --cpus ${cpus} --sleepers ${sleepers}`
  return `lockstorm storm --workload unplug --fence ${fences.join(',')} ${load} --write docs/fences.md`
}

const FENCE_HEAD = [
  'fence',
  'read side, ns',
  'unregistration idle',
  'loaded',
  'fixed rate',
  'and with sleepers',
  'until the last sleeper woke',
  'what can be left waiting',
  'what user space sees',
  'after the fence / after unmap',
]

function fenceRow(one: UnplugResult): string[] {
  const told = TOLD[one.fence]
  return [
    `\`${one.fence}\` (${one.history})`,
    digits(one.readSideNs),
    latency(one.idleNs),
    latency(one.loadedNs),
    latency(one.pacedNs),
    latency(one.sleepersNs),
    latency(one.toldNs),
    told?.waiting ?? '',
    told?.sees ?? '',
    `${one.late} / ${one.unmapped}`,
  ]
}

const LOAD_HEAD = [
  'fence',
  'operations per second',
  'unplugs',
  'sleepers woken / timed out unwoken',
  'errors that users saw',
]

function loadRow(one: UnplugResult): string[] {
  return [
    `\`${one.fence}\``,
    digits(one.opsPerSecond),
    String(one.unplugs),
    `${one.woken} / ${one.left}`,
    errorsText(one),
  ]
}

/** The page docs/fences.md. */
export function unplugPage(run: UnplugRun): string {
  return [
    '# Fences: taking a device away from processes that have it open',
    '',
    `Written by \`${commandOf(run.plan)}\`.`,
    '',
    'A fence keeps user space out of a driver whose hardware goes (src/fences). Users read, write, poll and wait while',
    'the card is unplugged and plugged; unregistration latency is p50 / p99 / worst. The last column must be 0 / 0 for all but',
    'the control, the bare flag.',
    '',
    ...markdownTable(FENCE_HEAD, run.results.map(fenceRow)),
    '',
    '## The fence alone',
    '',
    'Of the latencies above, what closing the fence takes; the rest is the deletion of the character device and its device.',
    'Compare with sleepers what has the same pace: sleepers hold no fence, yet closing it is slower beside them. Why has not been',
    'measured.',
    '',
    ...markdownTable(
      ['fence', 'idle', 'loaded', 'fixed rate', 'and with sleepers'],
      run.results.map(({ fence, closeNs }) => [
        `\`${fence}\``,
        latency(closeNs.idle),
        latency(closeNs.loaded),
        latency(closeNs.paced),
        latency(closeNs.sleepers),
      ]),
    ),
    '',
    '## The load',
    '',
    ...markdownTable(LOAD_HEAD, run.results.map(loadRow)),
    '',
    'Timed out unwoken: their own time-out ended first; among them are those that were woken and got no core in time.',
    '',
    legend(run).split('\n').join('  \n'),
    '',
  ].join('\n')
}
