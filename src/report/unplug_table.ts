/**
 * An unplug storm as tables: what happened, and the page docs/fences.md.
 */
import type { UnplugResult, UnplugRun } from '../results/unplug.ts'
import { table } from './table.ts'
import { digits, duration } from './text.ts'

/** What holds by construction: who can be left waiting, and what user space sees. */
const TOLD: Readonly<Record<string, { readonly waiting: string; readonly sees: string }>> = {
  flag: {
    waiting: 'whoever sleeps or polls, for ever: nobody wakes it',
    sees: 'ENXIO; an operation in progress reads what is no longer there',
  },
  mutex: {
    waiting: 'a sleeper, up to its time-out (500 ms); a poll without a limit, for ever',
    sees: 'ENODEV; poll: HUP when it looks',
  },
  hard: { waiting: 'nobody', sees: 'ENODEV; poll: HUP at once' },
  rwsem: { waiting: 'nobody', sees: 'EPIPE; poll: HUP at once' },
  srcu: { waiting: 'nobody', sees: 'EIO; poll: HUP at once' },
  'wait-close': {
    waiting: 'the unregistration, until the last user closes',
    sees: 'nothing: old files work; new opens: ENXIO',
  },
  'cdev-kill': {
    waiting: 'the unregistration, until the last process has died',
    sees: 'death: every call EINTR, the process is killed',
  },
}

function lineOfErrors({ fence, errnos }: UnplugResult): string {
  const texts = Object.entries(errnos).map(([name, count]) => `${name} ${count}`)
  return `  ${fence}: ${texts.length === 0 ? 'none' : texts.join(', ')}`
}

function latency(one: UnplugResult['idleNs']): string {
  if (one.count === 0) return 'n/a'
  return `${duration(one.p50)} / ${duration(one.p99)} / ${duration(one.max)}`
}

function findings(run: UnplugRun): string {
  const lines = run.results.flatMap(({ fence, late, unmapped, broken, unplugs }) => [
    ...(late + unmapped > 0
      ? [
          `  ${fence}: ${late} operations ran after the fence, the checker found ${unmapped} uses after unmap ` +
            `in ${unplugs} unplugs (${digits(unmapped / Math.max(1, unplugs))} per unplug)`,
        ]
      : []),
    ...broken.map((sentence) => `  ${fence}: ${sentence}`),
  ])
  if (lines.length > 0) return ['Found:', ...lines].join('\n')
  return 'Found nothing: no operation ran after any fence, no register was used after its unmap.'
}

function legend({ plan, env }: UnplugRun): string {
  return [
    `${plan.cpus} users, then ${plan.sleepers} sleepers beside them; ${duration(plan.durationMs * 1e6)} per fence; ` +
      'unregistration p50 / p99 / worst, until the fence is closed: without users, with users, with users and sleepers, all asleep;',
    'all told: the last, until every sleeper has been woken, on which the woken threads compete for the cores.',
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ].join('\n')
}

/** The tables of a run, errors, findings and a legend. */
export async function unplugTables(run: UnplugRun): Promise<string> {
  const head = [
    'fence',
    'read side',
    'ops/s',
    'unplugs',
    'idle',
    'loaded',
    'with sleepers',
    'all told',
    'woken/left',
  ]
  const rows = run.results.map((one) => [
    one.fence,
    one.readSideNs > 0 ? duration(one.readSideNs) : 'n/a',
    digits(one.opsPerSecond),
    String(one.unplugs),
    latency(one.idleNs),
    latency(one.loadedNs),
    latency(one.sleepersNs),
    latency(one.toldNs),
    `${one.woken}/${one.left}`,
  ])
  const fences = run.results.map(({ fence, closeNs, late, unmapped }) => [
    fence,
    latency(closeNs.idle),
    latency(closeNs.loaded),
    latency(closeNs.sleepers),
    String(late),
    String(unmapped),
  ])
  return [
    await table(head, rows),
    '',
    await table(
      ['fence', 'closing it: idle', 'loaded', 'with sleepers', 'operations after', 'uses after unmap'],
      fences,
    ),
    '',
    'Errors that users saw:',
    ...run.results.map(lineOfErrors),
    findings(run),
    legend(run),
    'read side: entering and leaving the fence, alone; woken/left: sleepers woken, and left to their own patience.',
  ].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Command that makes the page of a plan. */
function commandOf({ fences, durationMs, cpus, sleepers }: UnplugRun['plan']): string {
  const load = `--duration ${durationMs / 1000}s --cpus ${cpus} --sleepers ${sleepers}`
  return `lockstorm storm --workload unplug --fence ${fences.join(',')} ${load} --write docs/fences.md`
}

function pageRow(one: UnplugResult): string {
  const told = TOLD[one.fence]
  return row([
    `\`${one.fence}\` (${one.history})`,
    digits(one.readSideNs),
    latency(one.idleNs),
    latency(one.loadedNs),
    latency(one.sleepersNs),
    latency(one.toldNs),
    told?.waiting ?? '',
    told?.sees ?? '',
    `${one.late} / ${one.unmapped}`,
  ])
}

/** The page docs/fences.md. */
export function unplugPage(run: UnplugRun): string {
  const head = [
    'fence',
    'read side, ns',
    'unregistration idle',
    'loaded',
    'with sleepers',
    'and all told',
    'who can be left waiting',
    'what user space sees',
    'after the fence / after unmap',
  ]
  const load = run.results.map((one) =>
    row([
      `\`${one.fence}\``,
      digits(one.opsPerSecond),
      String(one.unplugs),
      `${one.woken} / ${one.left}`,
      lineOfErrors(one)
        .trim()
        .replace(/^[^:]*: /, ''),
    ]),
  )
  return [
    '# Fences: taking a device away from processes that have it open',
    '',
    `Written by \`${commandOf(run.plan)}\`.`,
    '',
    'A fence keeps user space out of a driver whose hardware goes (src/drivers/fences). Users read, write, poll and wait while',
    'the card is unplugged and plugged; unregistration latency is p50 / p99 / worst. The last column must be 0 / 0 for all but',
    'the control, the bare flag.',
    '',
    row(head),
    row(head.map(() => '---')),
    ...run.results.map(pageRow),
    '',
    '## The fence alone',
    '',
    'Of the latencies above, what closing the fence takes; the rest is the deletion of the character device and its device, which',
    'is slower when sleepers that have just been busy have cleared the caches.',
    '',
    row(['fence', 'idle', 'loaded', 'with sleepers']),
    row(['---', '---', '---', '---']),
    ...run.results.map(({ fence, closeNs }) =>
      row([`\`${fence}\``, latency(closeNs.idle), latency(closeNs.loaded), latency(closeNs.sleepers)]),
    ),
    '',
    '## The load',
    '',
    row([
      'fence',
      'operations per second',
      'unplugs',
      'sleepers woken / left to themselves',
      'errors that users saw',
    ]),
    row(['---', '---', '---', '---', '---']),
    ...load,
    '',
    'Left to themselves: told when their own patience had run out, among them those that were woken and got no core in time.',
    '',
    legend(run).split('\n').join('  \n'),
    '',
  ].join('\n')
}
