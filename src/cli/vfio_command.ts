/**
 * What `lockstorm storm --workload vfio` does: plan, run, write, print.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { vfioTables } from '../report/vfio_table.ts'
import { whyNotWritable, writeResult } from '../results/io.ts'
import type { Verdict } from '../results/storm.ts'
import type { VfioRun } from '../results/vfio_storm.ts'
import { runVfioStorm } from '../storm/workloads/vfio/index.ts'
import { Progress } from './progress.ts'
import { onInterrupt } from './storm_command.ts'
import type { StormFlags } from './storm_flags.ts'
import { badValue, UsageError } from './usage.ts'
import { vfioPlanOf } from './vfio_plan.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

async function run(flags: StormFlags): Promise<VfioRun> {
  const plan = vfioPlanOf(flags)
  const why = flags.json === undefined ? undefined : whyNotWritable(flags.json)
  if (why !== undefined) throw badValue('--json', flags.json, `a file that can be written, but ${why}`)
  const progress = new Progress()
  const interrupt = onInterrupt()
  try {
    return await runVfioStorm(plan, {
      progress: (slice, slices) => {
        progress.show(`storm: vfio, slice ${slice + 1}/${slices}`)
      },
      stop: () => interrupt.asked,
    })
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(`--cpus, --parents, --devices: ${error.message}`)
    throw error
  } finally {
    progress.clear()
    interrupt.end()
  }
}

/** Runs a VFIO storm; sets the exit code. Throws UsageError. */
export async function vfioStorm(flags: StormFlags): Promise<void> {
  const made = await run(flags)
  if (flags.json !== undefined) writeResult(flags.json, made)
  process.stdout.write(`${await vfioTables(made)}\n`)
  if (made.failure !== undefined) process.stderr.write(`lockstorm: ${made.failure}\nThe run ended here.\n`)
  process.exitCode = EXIT[made.verdict]
}
