/**
 * An unplug storm as tables.
 */
import { unplugFinding, type UnplugResult, type UnplugRun } from '../results/unplug.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import { digits, duration } from './text.ts'

/** The errors that users saw: `EPIPE 12, ENODEV 3`. */
export function errorsText({ errnos }: Pick<UnplugResult, 'errnos'>): string {
  const texts = Object.entries(errnos).map(([name, count]) => `${name} ${count}`)
  return texts.length === 0 ? 'none' : texts.join(', ')
}

/** p50 / p99 / worst. */
export function latency(one: UnplugResult['idleNs'] | undefined): string {
  // Results of older versions lack some.
  if (one === undefined || one.count === 0) return 'n/a'
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
  if (lines.length > 0) return [bad('Found:'), ...lines, ...controlsText(run)].join('\n')
  return good('OK: no operation ran after any fence, and no register was used after its unmap.')
}

/** Which of what was found had to be. */
function controlsText({ results }: UnplugRun): string[] {
  const caught = results.filter((one) => !one.strong && unplugFinding(one)).map(({ fence }) => fence)
  if (caught.length === 0) return []
  const others = results.some((one) => one.strong && unplugFinding(one))
  const are = caught.length > 1 ? 'are controls' : 'is a control'
  return [
    `${caught.join(', ')} ${are}, wrong on purpose: that this is found shows that the checker looks, and is why the exit code is 1.`,
    ...(others ? [] : ['Nothing was found of any fence that is not wrong on purpose.']),
  ]
}

const CLOSING = [
  'fence',
  'closing it: idle',
  'loaded',
  'fixed rate',
  'with sleepers',
  'operations after',
  'uses after unmap',
]

/** What was run, and what the figures mean. */
export function legend({ plan, env }: UnplugRun): string {
  return [
    `${plan.cpus} users, then ${plan.sleepers} sleepers beside them; ${duration(plan.durationMs * 1e6)} per fence; ` +
      'unregistration p50 / p99 / worst, until nobody is inside: without users; with users, as often as they let it;',
    'at a fixed rate, every few milliseconds; at that rate with the sleepers, all asleep;',
    'until the last sleeper woke: the last of these, while the woken threads compete for the cores;',
    'beside a stranger: without users, while a reader of another device is inside its own fence for 2 ms at a time.',
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ].join('\n')
}

/** The tables of a run, errors, findings and a legend. */
export function unplugTables(run: UnplugRun): Block[] {
  const head = [
    'fence',
    'read side',
    'ops/s',
    'unplugs',
    'idle',
    'loaded',
    'fixed rate',
    'with sleepers',
    'last sleeper woke',
    'beside a stranger',
    'woken/left',
  ]
  const rows = run.results.map((one) => [
    one.fence,
    one.readSideNs > 0 ? duration(one.readSideNs) : 'n/a',
    digits(one.opsPerSecond),
    String(one.unplugs),
    latency(one.idleNs),
    latency(one.loadedNs),
    latency(one.pacedNs),
    latency(one.sleepersNs),
    latency(one.toldNs),
    latency(one.strangerNs),
    `${one.woken}/${one.left}`,
  ])
  const fences = run.results.map(({ fence, closeNs, late, unmapped }) => [
    fence,
    latency(closeNs.idle),
    latency(closeNs.loaded),
    latency(closeNs.paced),
    latency(closeNs.sleepers),
    String(late),
    String(unmapped),
  ])
  return [
    { head, rows, drop: ['woken/left', 'unplugs', 'idle', 'fixed rate', 'read side', 'beside a stranger'] },
    '',
    { head: CLOSING, rows: fences, drop: ['closing it: idle', 'fixed rate'] },
    '',
    'Errors that users saw:',
    ...run.results.map((one) => `  ${one.fence}: ${errorsText(one)}`),
    findings(run),
    { prose: legend(run) },
    {
      prose:
        'read side: entering and leaving the fence, alone; woken/left: sleepers that were woken, and sleepers that timed out unwoken.',
    },
  ]
}
