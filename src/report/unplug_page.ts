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
    sees: 'ENODEV; poll: nothing',
  },
  hard: { waiting: 'nothing', sees: 'ENODEV; poll: HUP at once' },
  rwsem: { waiting: 'nothing', sees: 'EPIPE; poll: HUP at once' },
  swap: {
    waiting: 'nothing, and nobody waits for who is inside',
    sees: 'ENODEV; poll: ERR at once; an operation in progress reads what is no longer there',
  },
  tpm: {
    waiting: 'the unregistration, until the slowest command ends; every poll, for ever',
    sees: 'EPIPE; poll: writable, as if nothing had happened',
  },
  'srcu-before': {
    waiting: 'a poll without a limit, for ever: it is woken and does not ask',
    sees: 'EIO; poll: nothing',
  },
  srcu: { waiting: 'nothing', sees: 'EIO; poll: ERR at once' },
  drm: {
    waiting: 'the unregistration, for readers of any other device of DRM',
    sees: 'ENODEV; poll: HUP at once',
  },
  dax: {
    waiting: 'the unregistration, for readers of any other dax device',
    sees: 'ENXIO; poll: HUP at once',
  },
  debugfs: {
    waiting: 'the unregistration, for who sleeps inside; a poll, for ever',
    sees: 'EIO; poll: HUP when it looks',
  },
  'percpu-2021': {
    waiting: 'the unregistration, for who sleeps inside; a poll, for ever',
    sees: 'ENXIO; poll: HUP when it looks',
  },
  percpu: { waiting: 'nothing', sees: 'ENXIO; poll: HUP at once' },
  'revocable-1': {
    waiting: 'the unregistration, for ever, once two threads that share a file have overlapped with it',
    sees: 'ENODEV; poll: HUP at once',
  },
  'revocable-3': { waiting: 'nothing', sees: 'ENODEV; poll: HUP at once' },
  rust: { waiting: 'the unregistration, for every reader of RCU', sees: 'ENXIO; poll: HUP at once' },
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
  'beside a slow reader of another device',
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
    latency(one.strangerNs),
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
    'the controls, `flag` and `swap`, which are wrong on purpose: with them the command ends with 1. A slow reader of another device is',
    'inside that for two milliseconds at a time. Where poll says HUP and the kernel says something else, or has no poll, it is ours;',
    '`srcu`, `tpm`, `mutex`, `hard` and `swap` answer as their drivers do. RCU is one more SRCU domain here, so the read side of `rust` costs more than in the kernel.',
    '',
    ...markdownTable(FENCE_HEAD, run.results.map(fenceRow)),
    '',
    '## The fence alone',
    '',
    'Of the latencies above, what the fence takes, from refusing newcomers until nobody is inside; the rest is the deletion of the',
    'character device and its device. Where a fence has two halves, waking the sleepers lies between them and counts.',
    'Compare with sleepers what has the same pace.',
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
