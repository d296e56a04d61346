/**
 * From the flags of `lockstorm storm --workload unplug` to a plan.
 */
import { NR_CPUS } from '../base/constants.ts'
import { FENCES } from '../drivers/fences/list.ts'
import type { UnplugPlan } from '../results/unplug.ts'
import { parseDuration } from '../torture/duration.ts'
import type { StormFlags } from './storm_flags.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
import { integer, items, oneOf } from './values.ts'

const WORKLOADS = ['mdev', 'unplug'] as const
/** Flags that only one of the workloads knows. */
const UNPLUG_ONLY = ['fence', 'duration', 'sleepers', 'patience', 'write'] as const
const BOTH = ['workload', 'cpus', 'seed', 'json']
const MOST_MS = 24 * 3_600_000

const NAMES: readonly string[] = FENCES.map(({ name }) => name)
const STRONG: readonly string[] = FENCES.filter(({ strong }) => strong).map(({ name }) => name)

/** What is to be stormed. Throws UsageError, also for flags that belong to the other workload. */
export function workloadOf(flags: StormFlags): (typeof WORKLOADS)[number] {
  const workload = oneOf('--workload', flags.workload ?? 'mdev', WORKLOADS)
  const given = Object.keys(flags) as (keyof StormFlags)[]
  const isUnplug = (name: string): boolean => (UNPLUG_ONLY as readonly string[]).includes(name)
  const stray = given.find((name) =>
    workload === 'unplug' ? !isUnplug(name) && !BOTH.includes(name) : isUnplug(name),
  )
  if (stray === undefined) return workload
  const other = workload === 'unplug' ? 'mdev' : 'unplug'
  const flag = stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new UsageError(`--${flag} goes with --workload ${other}`)
}

function fencesOf(texts: readonly string[] | undefined): string[] {
  const list = items(texts ?? ['all']).flatMap((name) => (name === 'all' ? STRONG : [name]))
  const unknown = list.find((name) => !NAMES.includes(name))
  if (list.length === 0 || unknown !== undefined) {
    const accepted = `all, or any of ${NAMES.join(', ')}`
    throw badValue('--fence', unknown ?? "''", accepted + didYouMean(unknown ?? '', NAMES))
  }
  return NAMES.filter((name) => list.includes(name))
}

/** Whole milliseconds, at least one. */
function milliseconds(flag: string, text: string): number {
  const ms = Math.round(parseDuration(text, 1000) ?? Number.NaN)
  if (!(ms >= 1 && ms <= MOST_MS)) throw badValue(flag, text, 'a time such as 500ms, 60s or 2m, up to 24h')
  return ms
}

/** The plan that the flags ask for. Throws UsageError. */
export function unplugPlanOf(flags: StormFlags): UnplugPlan {
  const cpus = items(flags.cpus ?? ['8'])
  if (cpus.length !== 1) throw badValue('--cpus', cpus.join(), 'one number: unplug makes no sweep')
  const users = integer('--cpus', cpus[0] as string, 1, NR_CPUS - 2)
  return {
    command: 'storm',
    workload: 'unplug',
    fences: fencesOf(flags.fence),
    cpus: users,
    sleepers: integer('--sleepers', flags.sleepers ?? '16', 0, NR_CPUS - 2 - users),
    durationMs: milliseconds('--duration', flags.duration ?? '4s'),
    patienceMs: milliseconds('--patience', flags.patience ?? '500ms'),
    seed: integer('--seed', flags.seed ?? '1', 0, 0xffff_ffff),
  }
}
