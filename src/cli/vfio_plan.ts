/**
 * From the flags of `lockstorm storm --workload vfio` to a plan.
 */
import { NR_CPUS } from '../base/constants.ts'
import { STRATEGIES } from '../mdev/strategies.ts'
import { VFIO_CONTROLS, type VfioPlan } from '../results/vfio_storm.ts'
import type { StormFlags } from './storm_flags.ts'
import { milliseconds } from './unplug_plan.ts'
import { badValue } from './usage.ts'
import { integer, items, oneOf } from './values.ts'

const GUARDED = STRATEGIES.filter(({ gate }) => gate.guarded).map(({ name }) => name)
const MOST_DEVICES = 1024

function only(flag: string, texts: readonly string[]): string {
  const list = items(texts)
  if (list.length !== 1) throw badValue(flag, list.join(), 'one number: a VFIO storm makes no sweep')
  return list[0] as string
}

function strategiesOf(texts: readonly string[]): string[] {
  const list = items(texts).flatMap((name) => (name === 'all' ? GUARDED : [name]))
  if (list.length === 0) throw badValue('--strategies', "''", GUARDED.join(', '))
  return list.map((name) => oneOf('--strategies', name, GUARDED))
}

/** The plan that the flags ask for. Throws UsageError. */
export function vfioPlanOf(flags: StormFlags): VfioPlan {
  return {
    command: 'storm',
    workload: 'vfio',
    strategies: strategiesOf(flags.strategies ?? ['modern']),
    cpus: integer('--cpus', only('--cpus', flags.cpus ?? ['6']), 1, NR_CPUS - 2),
    parents: integer('--parents', flags.parents ?? '4', 1, 64),
    devices: integer('--devices', flags.devices ?? '16', 1, MOST_DEVICES),
    durationMs: milliseconds('--duration', flags.duration ?? '4s'),
    control: oneOf('--control', flags.control ?? 'none', VFIO_CONTROLS),
    seed: integer('--seed', flags.seed ?? '1', 0, 0xffff_ffff),
  }
}
