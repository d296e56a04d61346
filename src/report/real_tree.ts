/**
 * What a storm on a real tree finds there, and would do.
 */
import type { StormPlan } from '../results/storm.ts'
import { counted } from '../base/plural.ts'
import type { Block } from './page.ts'

/** A parent as the tree shows it. */
interface Parent {
  readonly name: string
  readonly types: readonly { readonly name: string; readonly label: string; readonly available: number }[]
}

/** Parents and types of a tree. */
export function treeTable(parents: readonly Parent[]): Block {
  const rows = parents.flatMap(({ name, types }) =>
    types.map((type, i) => [i === 0 ? name : '', type.name, type.label, String(type.available)]),
  )
  return { head: ['parent', 'type', 'name', 'available'], rows }
}

/** What a storm would do, as sentences. */
export function intentions(
  plan: StormPlan,
  tree: {
    readonly dir: string
    readonly type: string
    readonly parents: readonly string[]
    readonly nonce: string
  },
  journal: string,
): Block {
  const devices = plan.parents * plan.devices
  const warmUps = (plan.warmup ?? 0) + (plan.warmup === 0 ? 0 : 1)
  const each = plan.cpus.map((cpus) => counted(cpus, 'thread')).join(', then ')
  return {
    prose: [
      `It would make ${counted(devices, 'device')} of type ${tree.type}, ${plan.devices} on each of ${tree.parents.join(', ')}, and remove them again, ` +
        `${counted(plan.rounds, 'round')} with ${each}, after ${counted(warmUps, 'round')} of warm-up.`,
      `Written would be ${tree.dir}/class/mdev_bus/PARENT/mdev_supported_types/${tree.type}/create and ` +
        `${tree.dir}/bus/mdev/devices/UUID/remove, for uuids that begin with ${tree.nonce}, and nothing else there.`,
      `Each uuid would stand in ${journal} before it is made; --clean removes what an interrupted run left.`,
    ].join(' '),
  }
}

/** What came of it, in a sentence. */
export function realAnswer(
  dir: string,
  row: { readonly ofFloor: { readonly median: number } | null } | undefined,
): Block {
  const share = row?.ofFloor?.median
  return {
    prose:
      share === undefined
        ? `Nothing was measured on ${dir}.`
        : `Of the pace of the same operations with no kernel between, ${dir} keeps ${share.toFixed(2)} with the most threads. ` +
          'What is behind it cannot be seen from here: how many creates are in flight, and which locks are waited for.',
  }
}
