/**
 * `lockstorm storm --workload ./mine.js`: operations of the user's own, contender after contender.
 */
import { NR_CPUS } from '../base/constants.ts'
import { broughtNamed } from '../define/brought.ts'
import { counted } from '../base/plural.ts'
import { ownTables } from '../report/own_table.ts'
import type { OwnRun } from '../results/own_storm.ts'
import { runOwnStorm } from '../storm/workloads/own/run.ts'
import type { StormFlags } from './commands/storm.ts'
import { readWord } from './flag.ts'
import { integer } from './kinds.ts'
import type { Session } from './session.ts'
import { sliceText, type StormKind } from './storm_kind.ts'
import { badValue } from './usage.ts'
import { bring } from './user_file.ts'

const USUAL_CPUS = 4

/** The workload of a file, as the flags want it. @throws UsageError */
export async function ownStorm(
  session: Session,
  path: string,
  flags: StormFlags,
): Promise<StormKind<OwnRun>> {
  const { cpus: [cpus = USUAL_CPUS, ...more] = [], duration, seed } = flags
  if (more.length > 0) throw badValue('--cpus', flags.cpus?.join(), 'one number: such a storm makes no sweep')
  readWord('--cpus', integer(1, NR_CPUS), String(cpus))
  const [workload = ''] = await bring('workload', path)
  const contenders = Object.keys(broughtNamed('workload', workload)?.contenders ?? {})
  const durationMs = Math.round(duration)
  return {
    size: '--cpus',
    run: () =>
      runOwnStorm(
        { command: 'storm', workload, contenders, cpus, durationMs, seed },
        {
          progress: (state) => session.progress.show(sliceText(workload, state)),
          stop: session.stop,
        },
      ),
    text: (run) => (run.results.length > 0 ? ownTables(run) : []),
    done: ({ results }) =>
      `${counted(
        results.reduce((sum, { slices }) => sum + slices, 0),
        'slice',
      )} so far`,
  }
}
