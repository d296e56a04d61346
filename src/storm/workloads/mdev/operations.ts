/**
 * The operations of a round: which CPU creates, removes, plugs what, in which order.
 *
 * Invariant   a pure function of plan, round and number of CPUs: no clock, no chance but the seed's. Every strategy and
 *             every vendor cost gets the same operations in the same round.
 *
 * Duplicates  a second create of a uuid. Half of them race: another CPU tries the same uuid on the same parent at about
 *             the same time (the two look out for each other, rendezvous.ts), and exactly one may win. The other half come right after the first create, on another
 *             parent: that is the duplicate of the 2018 thread, which only the bus sees. In a churn all are of that kind.
 * Hotplug     a parent is unplugged, and plugged again one to three operations later, by one CPU that is the parent's
 *             for the whole round.
 */
import { Rng } from '../../../base/rng.ts'
import type { StormPlan } from '../../../results/storm.ts'

export const CREATE = 1
export const REMOVE = 2
export const UNPLUG = 3
export const PLUG = 4

/** One operation. */
export interface Operation {
  readonly kind: typeof CREATE | typeof REMOVE | typeof UNPLUG | typeof PLUG
  readonly parent: number
  /** Index of the type among the parent's. */
  readonly type: number
  /** Index of the device in the round, −1 for a parent's operation. */
  readonly device: number
  readonly uuid: string
  /** True for the second create of a uuid. */
  readonly duplicate: boolean
  /** True for both creates of a uuid that are to happen at the same time. */
  readonly race: boolean
}

/** Operations by phase, then CPU. Two phases: creates, removes. A churn has one. */
export type RoundOperations = readonly (readonly (readonly Operation[])[])[]

/** What operations depend on. */
export type Workplan = Pick<
  StormPlan,
  'parents' | 'devices' | 'affinity' | 'phase' | 'duplicates' | 'hotplug' | 'seed'
>

/** Streams of random numbers of one round. */
const STREAMS = 4

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function uuids(plan: Workplan, round: number): string[] {
  const rng = new Rng(plan.seed, round * STREAMS)
  return Array.from({ length: plan.parents * plan.devices }, () => {
    const text = hex(rng.u32()) + hex(rng.u32()) + hex(rng.u32()) + hex(rng.u32())
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  })
}

/** Devices of each CPU, in the order in which it creates them. Device d of parent p has the index p × devices + d. */
export function deal(plan: Workplan, round: number, cpus: number): number[][] {
  const lists: number[][] = Array.from({ length: cpus }, () => [])
  const all = Array.from({ length: plan.parents * plan.devices }, (_, i) => i)
  if (plan.affinity === 'random') new Rng(plan.seed, round * STREAMS + 1).shuffle(all)
  for (const [i, device] of all.entries()) {
    const parent = Math.floor(device / plan.devices)
    // own: parents are dealt to CPUs, or CPUs to parents when there are more of them.
    const crew = Math.max(1, Math.floor((cpus - 1 - (parent % cpus)) / plan.parents) + 1)
    const own = (parent % cpus) + plan.parents * ((device % plan.devices) % crew)
    lists[plan.affinity === 'own' ? own : i % cpus]?.push(device)
  }
  return lists
}

/** The round that was worked out last: every strategy and every vendor cost gets it, one after the other. */
const last = { key: '', operations: [] as RoundOperations }

/** The operations of a round. */
export function roundOperations(plan: Workplan, round: number, cpus: number): RoundOperations {
  const { parents, devices, affinity, phase, duplicates: twice, hotplug, seed } = plan
  const key = [parents, devices, affinity, phase, twice, hotplug, seed, round, cpus].join(' ')
  if (last.key !== key) {
    last.operations = workOut(plan, round, cpus)
    last.key = key
  }
  return last.operations
}

function workOut(plan: Workplan, round: number, cpus: number): RoundOperations {
  const names = uuids(plan, round)
  const lists = deal(plan, round, cpus)
  const twins = duplicates(plan, round, lists)
  const races = new Set(twins.filter((twin) => twin.race).map((twin) => twin.device))
  const make = (kind: typeof CREATE | typeof REMOVE, device: number, twin?: Twin): Operation => ({
    kind,
    parent: twin?.parent ?? Math.floor(device / plan.devices),
    type: 0,
    device,
    uuid: names[device] as string,
    duplicate: twin !== undefined,
    race: kind === CREATE && races.has(device),
  })
  const creates = lists.map((list, cpu) =>
    list.flatMap((device, i) => [
      make(CREATE, device),
      ...twins
        .filter((twin) => twin.cpu === cpu && twin.after === i)
        .map((twin) => make(CREATE, twin.device, twin)),
      ...(plan.phase === 'churn' ? [make(REMOVE, device)] : []),
    ]),
  )
  const removes = lists.map((list) => list.map((device) => make(REMOVE, device)))
  const phases = plan.phase === 'churn' ? [creates] : [creates, removes]
  const rng = new Rng(plan.seed, round * STREAMS + 3)
  return phases.map((byCpu) => byCpu.map((ops, cpu) => withHotplug(plan, rng, ops, cpu, cpus)))
}

interface Twin {
  readonly device: number
  readonly parent: number
  readonly cpu: number
  /** Position in the CPU's list of devices that it follows. */
  readonly after: number
  readonly race: boolean
}

function duplicates(plan: Workplan, round: number, lists: readonly (readonly number[])[]): Twin[] {
  if (plan.duplicates === 0) return []
  const rng = new Rng(plan.seed, round * STREAMS + 2)
  return lists.flatMap((list, cpu) =>
    list.flatMap((device, after): Twin[] => {
      if (rng.float() >= plan.duplicates) return []
      const parent = Math.floor(device / plan.devices)
      const races = rng.float() < 0.5 && plan.phase === 'create-remove'
      const other = (cpu + 1 + rng.below(Math.max(1, lists.length - 1))) % lists.length
      const rival = lists[other] as readonly number[]
      if (races && other !== cpu && rival.length > 0) {
        return [{ device, parent, cpu: other, after: Math.min(after, rival.length - 1), race: true }]
      }
      const elsewhere = (parent + 1 + rng.below(Math.max(1, plan.parents - 1))) % plan.parents
      return [{ device, parent: elsewhere, cpu, after, race: false }]
    }),
  )
}

/** Weaves the unplugging and plugging of this CPU's parents into its operations. */
function withHotplug(
  plan: Workplan,
  rng: Rng,
  ops: readonly Operation[],
  cpu: number,
  cpus: number,
): Operation[] {
  const mine = Array.from({ length: plan.parents }, (_, p) => p).filter((p) => (p + 1) % cpus === cpu)
  if (plan.hotplug === 0 || mine.length === 0) return [...ops]
  const woven: Operation[] = []
  const push = (kind: typeof UNPLUG | typeof PLUG, parent: number): void =>
    void woven.push({ kind, parent, type: 0, device: -1, uuid: '', duplicate: false, race: false })
  let out = -1
  let left = 0
  for (const op of ops) {
    woven.push(op)
    if (out >= 0 && --left === 0) {
      push(PLUG, out)
      out = -1
    } else if (out < 0 && rng.float() < plan.hotplug) {
      out = mine[rng.below(mine.length)] as number
      left = 1 + rng.below(3)
      push(UNPLUG, out)
    }
  }
  if (out >= 0) push(PLUG, out)
  return woven
}

/** Most operations that one CPU can have in one phase of any round: how large its logs must be. */
export function mostOperations(plan: Workplan, cpus: number): number {
  const most = Math.max(...deal(plan, 0, cpus).map((list) => list.length))
  const perDevice = plan.phase === 'churn' ? 3 : 2
  // A racing duplicate lands on another CPU: in the worst case all of them on one.
  const racing = plan.duplicates > 0 ? plan.parents * plan.devices : 0
  return (most * perDevice + racing) * (plan.hotplug > 0 ? 3 : 1) + 1
}
