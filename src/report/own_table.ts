/**
 * A storm of a user's workload as a table: a line per contender and operation, then what was found.
 */
import type { OwnResult, OwnRun } from '../results/own_storm.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import { digits, duration } from './text.ts'
import { errorsText } from './unplug_table.ts'

function rowsOf({ contender, operations, opsPerSecond }: OwnResult): string[][] {
  return operations.map(({ name, ok, errnos, ns }, i) => [
    i === 0 ? contender : '',
    i === 0 ? digits(opsPerSecond) : '',
    name,
    String(ok),
    ns.count === 0 ? 'n/a' : `${duration(ns.p50)} / ${duration(ns.p99)}`,
    errorsText({ errnos }),
  ])
}

function counted({ contender, counters }: OwnResult): string[] {
  const texts = Object.entries(counters).map(([name, count]) => `${name} ${count}`)
  return texts.length === 0 ? [] : [`${contender}: ${texts.join(', ')}`]
}

/** The table of a run, counters, findings and a legend. */
export function ownTables({ plan, results, env }: OwnRun): Block[] {
  const found = results.flatMap(({ contender, broken, failure }) => [
    ...broken.map((sentence) => `  ${contender}: ${sentence}`),
    ...(failure === undefined ? [] : [`  ${failure.replaceAll('\n', '\n  ')}`]),
  ])
  return [
    `workload ${plan.workload}: ${plan.cpus} CPUs, ${duration(plan.durationMs * 1e6)} per contender`,
    {
      head: ['contender', 'ops/s', 'operation', 'done', 'p50 / p99', 'errors'],
      rows: results.flatMap(rowsOf),
      wrap: ['errors'],
    },
    ...results.flatMap(counted),
    '',
    found.length > 0
      ? [bad('Found:'), ...found].join('\n')
      : good('OK: what the workload checks has held after every slice.'),
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ]
}
