/**
 * What `lockstorm storm --workload vfio` does: plan, run, write, print.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { counted } from '../base/plural.ts'
import { vfioTables } from '../report/vfio_table.ts'
import { writeResult } from '../results/io.ts'
import type { Verdict } from '../results/storm.ts'
import type { VfioRun } from '../results/vfio_storm.ts'
import { runVfioStorm } from '../storm/workloads/vfio/index.ts'
import { Interrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import type { StormFlags } from './storm_flags.ts'
import { mustBeWritable, UsageError } from './usage.ts'
import { vfioPlanOf } from './vfio_plan.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

async function run(flags: StormFlags, interrupt: Interrupt): Promise<VfioRun> {
  const plan = vfioPlanOf(flags)
  mustBeWritable('--json', flags.json)
  const progress = new Progress()
  try {
    return await runVfioStorm(plan, {
      progress: ({ round, rounds, lane }) => {
        progress.show(`storm: vfio, slice ${round + 1}/${rounds}, ${lane}`)
      },
      stop: () => interrupt.asked,
    })
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(`--cpus, --parents, --devices: ${error.message}`)
    throw error
  } finally {
    progress.clear()
  }
}

/** Runs a VFIO storm; sets the exit code. Throws UsageError. */
export async function vfioStorm(flags: StormFlags): Promise<void> {
  using interrupt = new Interrupt()
  const made = await run(flags, interrupt)
  if (flags.json !== undefined) writeResult(flags.json, interrupt.mark(made))
  if (made.results.length > 0) process.stdout.write(`${await vfioTables(made)}\n`)
  if (made.failure !== undefined) process.stderr.write(`lockstorm: ${made.failure}\nThe run ended here.\n`)
  process.exitCode = interrupt.code(EXIT[made.verdict], `${counted(slicesOf(made), 'slice')} so far`)
}

function slicesOf({ results }: VfioRun): number {
  return results.reduce((sum, { slices }) => sum + slices, 0)
}
