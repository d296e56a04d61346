/**
 * What `lockstorm storm --workload unplug` does: plan, run, write, print.
 */
import { writeFileSync } from 'node:fs'
import { PlanTooBig } from '../machine/plan.ts'
import { unplugPage, unplugTables } from '../report/unplug_table.ts'
import { whyNotWritable, writeResult } from '../results/io.ts'
import type { Verdict } from '../results/storm.ts'
import type { UnplugRun } from '../results/unplug.ts'
import { runUnplug } from '../storm/workloads/unplug/index.ts'
import { Progress } from './progress.ts'
import { onInterrupt } from './storm_command.ts'
import type { StormFlags } from './storm_flags.ts'
import { unplugPlanOf } from './unplug_plan.ts'
import { badValue, UsageError } from './usage.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

function refuse(flag: string, file: string | undefined): void {
  const why = file === undefined ? undefined : whyNotWritable(file)
  if (why !== undefined) throw badValue(flag, file, `a file that can be written, but ${why}`)
}

async function run(flags: StormFlags): Promise<UnplugRun> {
  const plan = unplugPlanOf(flags)
  refuse('--json', flags.json)
  refuse('--write', flags.write)
  const progress = new Progress()
  const interrupt = onInterrupt()
  try {
    return await runUnplug(plan, {
      progress: (slice, slices, fence) => {
        progress.show(`storm: unplug, slice ${slice + 1}/${slices}, ${fence}`)
      },
      stop: () => interrupt.asked,
    })
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(`--cpus, --sleepers, --fence: ${error.message}`)
    throw error
  } finally {
    progress.clear()
    interrupt.end()
  }
}

/** Runs an unplug storm; sets the exit code. Throws UsageError. */
export async function unplug(flags: StormFlags): Promise<void> {
  const made = await run(flags)
  if (flags.json !== undefined) writeResult(flags.json, made)
  if (flags.write !== undefined) writeFileSync(flags.write, unplugPage(made))
  if (made.results.length > 0) process.stdout.write(`${await unplugTables(made)}\n`)
  if (made.failure !== undefined) process.stderr.write(`lockstorm: ${made.failure}\nThe run ended here.\n`)
  process.exitCode = EXIT[made.verdict]
}
