/**
 * What `lockstorm storm --workload unplug` does: plan, run, write, print.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { unplugPage } from '../report/unplug_page.ts'
import { unplugTables } from '../report/unplug_table.ts'
import { writeResult, writeWhole } from '../results/io.ts'
import type { Verdict } from '../results/storm.ts'
import type { UnplugRun } from '../results/unplug.ts'
import { runUnplug } from '../storm/workloads/unplug/index.ts'
import { Interrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import type { StormFlags } from './storm_flags.ts'
import { unplugPlanOf } from './unplug_plan.ts'
import { mustBeWritable, UsageError } from './usage.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

async function run(flags: StormFlags, interrupt: Interrupt): Promise<UnplugRun> {
  const plan = unplugPlanOf(flags)
  mustBeWritable('--json', flags.json)
  mustBeWritable('--write', flags.write)
  const progress = new Progress()
  try {
    return await runUnplug(plan, {
      progress: ({ round, rounds, lane }) => {
        progress.show(`storm: unplug, slice ${round + 1}/${rounds}, ${lane}`)
      },
      stop: () => interrupt.asked,
    })
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(`--cpus, --sleepers, --fence: ${error.message}`)
    throw error
  } finally {
    progress.clear()
  }
}

/** Runs an unplug storm; sets the exit code. Throws UsageError. */
export async function unplug(flags: StormFlags): Promise<void> {
  using interrupt = new Interrupt()
  const made = await run(flags, interrupt)
  if (flags.json !== undefined) writeResult(flags.json, interrupt.mark(made))
  if (flags.write !== undefined && !interrupt.asked) writeWhole(flags.write, unplugPage(made))
  if (made.results.length > 0) process.stdout.write(`${await unplugTables(made)}\n`)
  if (made.failure !== undefined) process.stderr.write(`lockstorm: ${made.failure}\nThe run ended here.\n`)
  const unplugs = made.results.reduce((sum, one) => sum + one.unplugs, 0)
  process.exitCode = interrupt.code(EXIT[made.verdict], `${unplugs} unplugs so far`)
}
