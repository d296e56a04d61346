/**
 * `lockstorm storm --workload vfio`: users of mdevs that are removed, unplugged and reconfigured.
 */
import { counted } from '../base/plural.ts'
import { vfioTables } from '../report/vfio_table.ts'
import type { VfioRun } from '../results/vfio_storm.ts'
import { runVfioStorm } from '../storm/workloads/vfio/index.ts'
import type { StormFlags } from './commands/storm.ts'
import type { Session } from './session.ts'
import { sliceText, type StormKind } from './storm_kind.ts'
import { vfioPlan } from './storm_plan.ts'

/** The workload as the flags want it. @throws UsageError */
export function vfioStorm(session: Session, flags: StormFlags): StormKind<VfioRun> {
  const plan = vfioPlan(flags)
  return {
    size: '--cpus, --parents, --devices',
    run: () =>
      runVfioStorm(plan, {
        progress: (state) => session.progress.show(sliceText('vfio', state)),
        stop: session.stop,
      }),
    text: (run) => (run.results.length > 0 ? vfioTables(run) : []),
    done: ({ results }) => {
      const slices = results.reduce((sum, one) => sum + one.slices, 0)
      return `${counted(slices, 'slice')} so far`
    },
  }
}
