/**
 * From the flags of `lockstorm storm --workload unplug` to a plan.
 */
import { NR_CPUS } from '../base/constants.ts'
import { FENCES } from '../fences/list.ts'
import type { UnplugPlan } from '../results/unplug.ts'
import { parseDuration } from '../torture/duration.ts'
import type { StormFlags } from './storm_flags.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
import { integer, items, oneOf } from './values.ts'

const WORKLOADS = ['mdev', 'unplug', 'vfio'] as const
type WorkloadName = (typeof WORKLOADS)[number]
/** Flags that not all of the workloads know. */
const ONLY: Readonly<Record<string, readonly WorkloadName[]>> = {
  fence: ['unplug'],
  sleepers: ['unplug'],
  patience: ['unplug'],
  write: ['unplug'],
  duration: ['unplug', 'vfio'],
  control: ['vfio'],
  strategies: ['mdev', 'vfio'],
  parents: ['mdev', 'vfio'],
  devices: ['mdev', 'vfio'],
  workload: WORKLOADS,
  cpus: WORKLOADS,
  seed: WORKLOADS,
  json: WORKLOADS,
}
const MOST_MS = 24 * 3_600_000

const NAMES: readonly string[] = FENCES.map(({ name }) => name)
const STRONG: readonly string[] = FENCES.filter(({ strong }) => strong).map(({ name }) => name)

/** What is to be stormed. Throws UsageError, also for flags that belong to another workload. */
export function workloadOf(flags: StormFlags): WorkloadName {
  const workload = oneOf('--workload', flags.workload ?? 'mdev', WORKLOADS)
  const given = Object.keys(flags) as (keyof StormFlags)[]
  const known = (name: string): readonly WorkloadName[] => ONLY[name] ?? ['mdev']
  const stray = given.find((name) => !known(name).includes(workload))
  if (stray === undefined) return workload
  const other = known(stray).join(' or ')
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
export function milliseconds(flag: string, text: string): number {
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
