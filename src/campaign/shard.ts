/**
 * Which part of a campaign is whose. Who runs several of these at once says so in the words of his tool: a flag, or the variables
 * that Slurm, Kubernetes and CI services set.
 */
import { ShapeError } from '../define/shape.ts'
import type { Unit } from '../results/campaign.ts'

/** Part `index` of `of`, counted from 1. */
export interface Shard {
  readonly index: number
  readonly of: number
}

/** Says how many there are where the tool does not: a Kubernetes job has no variable for that. */
const COUNT = 'LOCKSTORM_SHARDS'

interface Source {
  readonly index: string
  /** What the first one's number is. */
  readonly from: number | string
  readonly step?: string
  readonly count: readonly string[]
}

const SOURCES: readonly Source[] = [
  {
    index: 'SLURM_ARRAY_TASK_ID',
    from: 'SLURM_ARRAY_TASK_MIN',
    step: 'SLURM_ARRAY_TASK_STEP',
    count: ['SLURM_ARRAY_TASK_COUNT', COUNT],
  },
  { index: 'JOB_COMPLETION_INDEX', from: 0, count: [COUNT] },
  { index: 'CIRCLE_NODE_INDEX', from: 0, count: ['CIRCLE_NODE_TOTAL', COUNT] },
  { index: 'CI_NODE_INDEX', from: 1, count: ['CI_NODE_TOTAL', COUNT] },
]

function whole(env: NodeJS.ProcessEnv, name: string): number {
  const text = env[name] ?? ''
  if (!/^\d{1,9}$/.test(text)) throw new ShapeError(`${name}: wanted a whole number, and it is '${text}'`)
  return Number(text)
}

/** The part that the surroundings name; undefined if they name none. @throws ShapeError for one that makes no sense */
export function shardFrom(env: NodeJS.ProcessEnv): Shard | undefined {
  const source = SOURCES.find(({ index }) => env[index] !== undefined)
  if (source === undefined) return undefined
  const { index: name, from, step, count } = source
  const counts = count.find((one) => env[one] !== undefined)
  if (counts === undefined)
    throw new ShapeError(`${name} says which part this is, and nothing of how many: set ${COUNT}`)
  const first = typeof from === 'number' ? from : whole(env, from)
  const by = step === undefined || env[step] === undefined ? 1 : whole(env, step)
  const shard = { index: (whole(env, name) - first) / by + 1, of: whole(env, counts) }
  if (Number.isInteger(shard.index) && shard.index >= 1 && shard.index <= shard.of) return shard
  throw new ShapeError(`${name} ${env[name]}: wanted one of ${counts} = ${env[counts]} parts`)
}

/** The units of a part: each goes to the part that has least to do, longest first, so that parts take alike. */
export function unitsOfShard(units: readonly Unit[], { index, of }: Shard): Unit[] {
  const load = Array.from({ length: of }, () => 0)
  const mine = new Set<Unit>()
  for (const unit of units.toSorted((a, b) => b.seconds - a.seconds || (a.id < b.id ? -1 : 1))) {
    const least = load.indexOf(Math.min(...load))
    load[least] = (load[least] ?? 0) + unit.seconds
    if (least === index - 1) mine.add(unit)
  }
  return units.filter((unit) => mine.has(unit))
}
