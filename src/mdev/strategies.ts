/**
 * Strategies: rows that pick one namespace, one gate and one sequence, and say where in history they stand.
 *
 * Shared memory holds the row's id; each CPU has its own copy of the table.
 */
import { hashName, OpsTable } from '../base/ops.ts'
import type { Gate } from './gates/gate.ts'
import { define_gate } from './gates/index.ts'
import { busted as busted_gate } from './gates/busted.ts'
import { none } from './gates/none.ts'
import { percpu_ref } from './gates/percpu_ref.ts'
import { refcount } from './gates/refcount.ts'
import { rwsem } from './gates/rwsem.ts'
import { srcu } from './gates/srcu.ts'
import type { Namespace } from './namespaces/namespace.ts'
import { busted as busted_namespace } from './namespaces/busted.ts'
import { global } from './namespaces/global.ts'
import { per_parent } from './namespaces/per_parent.ts'
import { placeholder } from './namespaces/placeholder.ts'
import { sharded } from './namespaces/sharded.ts'
import type { Sequence } from './sequences/sequence.ts'
import { bus_first } from './sequences/bus_first.ts'
import { driver_probe } from './sequences/driver_probe.ts'
import { file_last } from './sequences/file_last.ts'
import { vendor_first } from './sequences/vendor_first.ts'

/** What a kernel has beside its three choices; each is a question that the core, a driver or vfio asks. */
export interface Traits {
  /** `remove` is an attribute of the device, there from device_add on. Missing: create makes the file last. */
  readonly removeIsAttribute: boolean
  /** The core counts the devices of a vendor that says how many it can make, and answers -EUSERS. Missing: vendors count. */
  readonly coreCounts: boolean
  /** The first registration makes /sys/class/mdev_bus without a lock. Missing: under that of the list of parents. */
  readonly compatUnlocked: boolean
}

/** One row. */
export interface Strategy extends Traits {
  readonly name: string
  readonly namespace: Namespace
  readonly gate: Gate
  readonly sequence: Sequence
  /** When it was the kernel's, or who proposed it. */
  readonly history: string
  /** The commit that brought it, or the mail that proposed it. */
  readonly source: string
}

function row(
  name: string,
  seams: readonly [Namespace, Gate, Sequence],
  history: string,
  source: string,
  traits: Partial<Traits> = {},
): Strategy {
  const [namespace, gate, sequence] = seams
  return {
    name,
    namespace,
    gate,
    sequence,
    history,
    source,
    removeIsAttribute: false,
    coreCounts: false,
    compatUnlocked: false,
    ...traits,
  }
}

const V2_2018 = 'Alex Williamson, 16 May 2018, v2 of "Check globally for duplicate devices"'
const V1_2019 = 'Parav Pandit, 27 March 2019, [PATCHv1 7/7], and his answer of 26 March 2019'
const V2_2019 = '20190430224937.57156-1-parav@mellanox.com'
const BOTH_2019 = 'Parav Pandit, 22 March 2019, [PATCH 8/8], and 7 November 2019, [PATCH net-next 11/19]'

/** Every strategy that was proposed, in the order of time; ours last. */
export const STRATEGIES: readonly Strategy[] = [
  row('per-parent', [per_parent, none, bus_first], '4.10 to 4.17', '7b96953bc640'),
  row('global', [global, none, bus_first], 'v2 of May 2018, never merged', V2_2018),
  row('placeholder', [placeholder, none, bus_first], '4.18 to 5.1', '002fe996f67f'),
  row(
    'gate-only',
    [placeholder, srcu, bus_first],
    'v1 of March 2019: the gate, without the new order',
    V1_2019,
  ),
  row('rwsem', [placeholder, rwsem, vendor_first], '5.2 to 5.13', '5715c4dd66a3'),
  row('refcount', [placeholder, refcount, vendor_first], 'v2 and v3 of spring 2019, rejected', V2_2019),
  row('srcu', [placeholder, srcu, vendor_first], 'March 2019 and November 2019, never merged', BOTH_2019),
  row('driver-attach', [placeholder, rwsem, driver_probe], '5.14 to 5.18', '88a21f265ce5'),
  row('remove-attribute', [placeholder, rwsem, driver_probe], '5.19 to 6.0', '2aa72ec97ce9', {
    removeIsAttribute: true,
  }),
  row('modern', [placeholder, rwsem, driver_probe], '6.1 and later', '9c799c224d6e', {
    removeIsAttribute: true,
    coreCounts: true,
    compatUnlocked: true,
  }),
  row('sharded', [sharded, percpu_ref, vendor_first], 'ours', 'ours', { coreCounts: true }),
]

/** Rows that differ in their seams: of those that differ in a trait only, the newest. */
export const SEAMS: readonly Strategy[] = STRATEGIES.filter(
  ({ namespace, gate, sequence }, at) =>
    !STRATEGIES.slice(at + 1).some(
      (later) => later.namespace === namespace && later.gate === gate && later.sequence === sequence,
    ),
)

/** Raised in the mails and not taken: known by name, and no columns of the matrix. */
export const RAISED: readonly Strategy[] = [
  row(
    'file-last',
    [placeholder, none, file_last],
    'raised in March 2019: create makes the file, after the vendor',
    'Kirti Wankhede, 26 March 2019',
  ),
]

/** Controls that are wrong on purpose: each must be caught by the oracles. */
export const BUSTED: readonly Strategy[] = [
  row('busted-namespace', [busted_namespace, rwsem, vendor_first], 'control: no lock on the list', 'ours'),
  row(
    'busted-gate',
    [placeholder, busted_gate, vendor_first],
    'control: unregistration waits for nobody',
    'ours',
  ),
]

const table = new OpsTable<Strategy>('strategy')

/** The strategy of that name: one of these rows, or one that this CPU has been given. */
export function strategyNamed(name: string): Strategy | undefined {
  return table.find(name)
}

/** Makes a row known, with its gate. On every CPU alike, before a machine with it boots. @throws for a name that is taken */
export function define_strategy(strategy: Strategy): void {
  define_gate(strategy.gate)
  table.define(strategy.name, strategy)
}

for (const strategy of [...STRATEGIES, ...RAISED, ...BUSTED]) define_strategy(strategy)

/** Id of a strategy, as shared memory holds it. */
export function strategyId({ name }: Strategy): number {
  return hashName(name)
}

/** The strategy of an id. */
export function strategyOf(id: number): Strategy {
  return table.get(id)
}
