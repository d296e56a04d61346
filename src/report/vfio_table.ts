/**
 * A VFIO storm as a table: operations by errno, then what was found.
 */
import type { VfioResult, VfioRun } from '../results/vfio_storm.ts'
import { table } from './table.ts'
import { counted } from '../base/plural.ts'
import { duration } from './text.ts'

function findings({ invariants: { checked, broken }, takenAway, slices }: VfioResult): string {
  const lines = [
    ...broken.map((sentence) => `  ${sentence}`),
    ...(takenAway > 0 ? [`  an open device was taken away from its user ${takenAway} times`] : []),
  ]
  if (lines.length > 0) return ['Found:', ...lines].join('\n')
  return `Found nothing: ${checked} invariants looked at in ${counted(slices, 'slice')}, all whole; no open device was taken away.`
}

function leftText(left: number): string[] {
  if (left === 0) return []
  const [whose, they] = left === 1 ? ['its', 'it was'] : ['their', 'they were']
  return [
    `${counted(left, 'device')} went with ${whose} parent only: ${whose} remove file had been used up while ${they} made (EAGAIN).`,
  ]
}

async function oneTable(row: VfioResult): Promise<string> {
  const rows = row.operations.map(({ name, ok, errnos }) => {
    const errors = Object.entries(errnos).map(([errno, count]) => `${errno} ${count}`)
    return [name, String(ok), errors.join(', ')]
  })
  const heading = `strategy ${row.strategy}`
  const operations = await table(['operation', 'ok', 'errors'], rows)
  return [heading, operations, '', findings(row), ...leftText(row.leftToParent)].join('\n')
}

/** The tables of a run, findings and a legend. */
export async function vfioTables({ plan, env, results }: VfioRun): Promise<string> {
  const tables = await Promise.all(results.map(oneTable))
  return [
    tables.join('\n\n'),
    `${plan.cpus} CPUs create, use and remove ${plan.devices} devices on ${plan.parents} cards, one unplugs ` +
      `cards, one changes their modes; ${duration(plan.durationMs * 1e6)}; control ${plan.control}`,
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ].join('\n')
}
