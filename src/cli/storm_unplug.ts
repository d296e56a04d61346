/**
 * `lockstorm storm --workload unplug`: a device is taken away from processes that have it open.
 */
import { counted } from '../base/plural.ts'
import { unplugPage } from '../report/unplug_page.ts'
import { unplugTables } from '../report/unplug_table.ts'
import type { UnplugRun } from '../results/unplug.ts'
import { runUnplug } from '../storm/workloads/unplug/index.ts'
import type { StormFlags } from './commands/storm.ts'
import type { Session } from './session.ts'
import { sliceText, type StormKind } from './storm_kind.ts'
import { unplugPlan } from './storm_plan.ts'

/** The workload as the flags want it. @throws UsageError */
export function unplugStorm(session: Session, flags: StormFlags): StormKind<UnplugRun> {
  const plan = unplugPlan(flags)
  return {
    size: '--cpus, --sleepers, --fence',
    run: () =>
      runUnplug(plan, {
        progress: (state) => session.progress.show(sliceText('unplug', state)),
        stop: session.stop,
      }),
    text: (run) => (run.results.length > 0 ? unplugTables(run) : []),
    done: ({ results }) => {
      const unplugs = results.reduce((sum, one) => sum + one.unplugs, 0)
      return `${counted(unplugs, 'unplug')} so far`
    },
    page: unplugPage,
  }
}
