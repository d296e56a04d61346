/**
 * What `lockstorm storm` does: plan, run, write, print.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { stormAnswer } from '../report/storm_answer.ts'
import { stormTables } from '../report/storm_table.ts'
import { counted } from '../base/plural.ts'
import { wrapped } from '../report/text.ts'
import { writeResult } from '../results/io.ts'
import { FLOOR, type StormPlan, type StormRun, type Verdict } from '../results/storm.ts'
import { runStorm, whyTooBig, type StormProgress } from '../storm/index.ts'
import { Interrupt } from './interrupt.ts'
import { lockPlan, lockText } from './lock_flags.ts'
import { Progress } from './progress.ts'
import type { StormFlags } from './storm_flags.ts'
import { faultOf, planOf } from './storm_plan.ts'
import { workloadOf } from './unplug_plan.ts'
import { mustBeWritable, UsageError } from './usage.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }

/** Runs a storm; sets the exit code. Throws UsageError. */
export async function storm(flags: StormFlags): Promise<void> {
  if (workloadOf(flags) === 'unplug') {
    const { unplug } = await import('./unplug_command.ts')
    return unplug(flags)
  }
  if (workloadOf(flags) === 'vfio') {
    const { vfioStorm } = await import('./vfio_command.ts')
    return vfioStorm(flags)
  }
  const plan = planOf(flags)
  const fault = faultOf(flags)
  const detectors = lockPlan(flags)
  refuse(plan, flags)
  const progress = new Progress()
  using interrupt = new Interrupt()
  let run: StormRun
  try {
    run = await runStorm(plan, {
      progress: (state) => {
        progress.show(progressText(state))
      },
      stop: () => interrupt.asked,
      ...(fault !== undefined && { fault }),
      ...(detectors !== undefined && { detectors }),
    })
  } catch (error) {
    if (error instanceof PlanTooBig) throw new UsageError(tooBig(plan, error.message))
    throw error
  } finally {
    progress.clear()
  }
  if (flags.json !== undefined) writeResult(flags.json, interrupt.mark(run))
  if (run.results.length > 0)
    process.stdout.write(`${await stormTables(run)}\n${wrapped(stormAnswer(run))}\n`)
  if (detectors !== undefined) process.stdout.write(await lockText(run.lockReports, run.lockStat))
  if (run.failure !== undefined) process.stderr.write(`lockstorm: ${failureText(run, flags)}\n`)
  const wanted = plan.rounds * plan.strategies.length * plan.vendors.length * plan.cpus.length
  process.exitCode = interrupt.code(EXIT[run.verdict], `${roundsOf(run)} of ${wanted} rounds were measured`)
}

/** Throws UsageError for what would fail after a long run, or before its first round. */
function refuse(plan: StormPlan, { json }: StormFlags): void {
  mustBeWritable('--json', json)
  const big = whyTooBig(plan)
  if (big !== undefined) throw new UsageError(tooBig(plan, big))
}

function tooBig(plan: StormPlan, why: string): string {
  const flags = plan.arenaBytes > 0 ? '--arena' : '--cpus, --strategies, --parents, --devices'
  return `${flags}: ${why}`
}

function progressText({ phase, round, rounds, lane, label }: StormProgress): string {
  if (phase === 'boot') return 'storm: switching the machines on'
  if (phase === 'warm-up') return `storm: warm-up ${round + 1}/${rounds}, ${lane}`
  return `storm: round ${round + 1}/${rounds}, vendor ${label}, ${lane}`
}

/** Rounds that were measured, of all strategies under all vendor costs together; the control's are none of them. */
function roundsOf({ results }: StormRun): number {
  const judged = results.filter(({ strategy }) => strategy !== FLOOR)
  return judged.reduce((sum, row) => sum + row.wallMs.samples.length, 0)
}

function failureText(run: StormRun, { json }: StormFlags): string {
  const kept = json === undefined ? '' : ` They are kept in ${json}.`
  return `${run.failure}\nThe run ended here. ${counted(roundsOf(run), 'round')} had been measured.${kept}`
}
