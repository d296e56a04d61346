/**
 * What `lockstorm storm` does: plan, run, print, write; the same course for every workload.
 */
import { PlanTooBig } from '../machine/plan.ts'
import type { Verdict } from '../results/storm.ts'
import type { StormFlags } from './commands/storm.ts'
import type { Session } from './session.ts'
import type { Stormed, StormKind } from './storm_kind.ts'
import { mdevStorm } from './storm_mdev.ts'
import { UsageError } from './usage.ts'
import { isPath } from '../define/is_path.ts'
import { withStrategies } from './user_file.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

/** Runs one workload. Returns the exit code. @throws UsageError */
async function course<R extends Stormed>(session: Session, kind: StormKind<R>): Promise<number> {
  let run: R
  try {
    run = await kind.run()
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(`${kind.size}: ${error.message}`)
    throw error
  }
  session.print(...kind.text(run))
  session.keep(run)
  const { page, folded } = kind
  if (page !== undefined) session.page(() => page(run))
  if (folded !== undefined) session.folded(() => folded(run))
  session.interrupt.cameTo(kind.done(run))
  if (run.failure !== undefined) {
    const kept = session.keptIn === undefined ? '' : ` They are kept in ${session.keptIn}.`
    session.complain(`${run.failure}\nThe run ended here: ${kind.done(run)}.${kept}`)
  }
  return EXIT[run.verdict]
}

/** Runs a storm. Returns the exit code. @throws UsageError */
export async function storm(session: Session, _: readonly string[], given: StormFlags): Promise<number> {
  const flags = await withStrategies(given)
  if (flags.workload === 'unplug') {
    const { unplugStorm } = await import('./storm_unplug.ts')
    return course(session, unplugStorm(session, flags))
  }
  if (flags.workload === 'vfio') {
    const { vfioStorm } = await import('./storm_vfio.ts')
    return course(session, vfioStorm(session, flags))
  }
  if (isPath(flags.workload)) {
    const { ownStorm } = await import('./storm_own.ts')
    return course(session, await ownStorm(session, flags.workload, flags))
  }
  if (flags.sysfs !== undefined) {
    const { sysfsStorm } = await import('./storm_sysfs.ts')
    const kind = sysfsStorm(session, flags)
    return kind === undefined ? 0 : course(session, kind)
  }
  if (flags.phase === 'grow') {
    const { growStorm } = await import('./storm_grow.ts')
    return course(session, growStorm(session, flags))
  }
  if (flags.runs !== undefined) {
    const { stormRuns } = await import('./storm_runs.ts')
    return course(session, stormRuns(session, flags, flags.runs))
  }
  return course(session, mdevStorm(session, flags))
}
