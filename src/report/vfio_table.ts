/**
 * A VFIO storm as tables: operations by errno, then what was found.
 */
import { counted } from '../base/plural.ts'
import type { VfioResult, VfioRun } from '../results/vfio_storm.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import { duration } from './text.ts'

function findings({ invariants: { checked, broken }, takenAway, slices }: VfioResult): string {
  const lines = [
    ...broken.map((sentence) => `  ${sentence}`),
    ...(takenAway > 0 ? [`  an open device was taken away from its user ${takenAway} times`] : []),
  ]
  if (lines.length > 0) return [bad('Found:'), ...lines].join('\n')
  return good(
    `OK: ${checked} invariant checks passed in ${counted(slices, 'slice')}, and no open device was taken away.`,
  )
}

function leftText(left: number): string[] {
  if (left === 0) return []
  const [whose, they] = left === 1 ? ['its', 'it was'] : ['their', 'they were']
  return [
    `${counted(left, 'device')} went with ${whose} parent only: ${whose} remove file had been used up while ${they} made (EAGAIN).`,
  ]
}

function oneTable(row: VfioResult): Block[] {
  const rows = row.operations.map(({ name, ok, errnos }) => {
    const errors = Object.entries(errnos).map(([errno, count]) => `${errno} ${count}`)
    return [name, String(ok), errors.join(', ')]
  })
  return [
    `strategy ${row.strategy}`,
    { head: ['operation', 'ok', 'errors'], rows, wrap: ['errors'] },
    '',
    findings(row),
    ...leftText(row.leftToParent),
    '',
  ]
}

/** The tables of a run, findings and a legend. */
export function vfioTables({ plan, env, results }: VfioRun): Block[] {
  return [
    ...results.flatMap(oneTable),
    {
      prose:
        `${plan.cpus} CPUs create, use and remove ${plan.devices} devices on ${plan.parents} cards, one unplugs ` +
        `cards, one changes their modes; ${duration(plan.durationMs * 1e6)}; control ${plan.control}`,
    },
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ]
}
