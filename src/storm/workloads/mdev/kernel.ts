/**
 * What a storm of mdevs drives: `sysfs` is the kernel, `floor` the control without one; `real` is a tree of sysfs that somebody
 * else serves; `stub` stands in where the storm itself is tested.
 *
 * An operation is named by its index in the list that `prepare` was given last, so that the hot functions get a number
 * and make no objects.
 */
import type { Work } from '../../../mdev/work_log.ts'
import type { StormPlan, VendorPlan } from '../../../results/storm.ts'
import type { Operation } from './operations.ts'
import type { RealTree } from './real/tree.ts'

/** What each machine of a storm is told. */
export interface StormMachine {
  /** Unlike that of any other machine of the run: a worker serves several in turn. */
  readonly id: string
  readonly plan: StormPlan
  readonly strategy: string
  /** CPUs of the machine: the most of the plan. */
  readonly cpus: number
  /** Most operations per CPU and phase. */
  readonly capacity: number
  /** Devices that it is to hold at once, where that is more than a round creates. */
  readonly devices?: number
  /** What is driven: `sysfs`, `floor`, `stub` or `real`. */
  readonly kernel: string
  /** For `real`: where. */
  readonly tree?: RealTree
  /** Makes one CPU misbehave, to test the watchdog. */
  readonly fault?: Fault
}

/** A CPU that misbehaves at its n-th operation of the measured rounds, holding a lock (`inversion`: holding none). */
export interface Fault {
  readonly kind: 'throw' | 'spin' | 'exit' | 'oom' | 'hang' | 'inversion'
  readonly cpu: number
  readonly op: number
}

/** State of the kernel when no CPU runs and everything should be gone. */
export interface Checkup {
  /** Invariants looked at. */
  readonly checked: number
  /** One sentence per broken invariant. */
  readonly broken: readonly string[]
  /** Devices that are left. */
  readonly leaked: number
  /** Since boot: duplicate-link warnings, and first lines of Oops reports. */
  readonly warned: number
  readonly oopses: readonly string[]
}

/** See the head of this file. */
export interface MdevKernel {
  /** CPU 0, alone. Returns 0 or a negative errno. */
  boot(machine: StormMachine): number
  /** Every CPU, after boot, each time it comes aboard. */
  attach(machine: StormMachine): void
  /** CPU 0, before each round, while the others wait. */
  arm(vendor: VendorPlan, round: number): void
  /** This CPU's next list of operations. Allocates; not timed. */
  prepare(ops: readonly Operation[]): void
  /** 0 or a negative errno. */
  create(index: number): number
  remove(index: number): number
  unregister(parent: number): number
  register(parent: number): number
  /** CPU 0, after a round. */
  check(): Checkup
  /** Takes a lock that the others need: for faults. */
  grab(): void
  /** On main, attached to the arena: the pieces of work of the last round on a CPU. */
  work(cpu: number): Work[]
  /** On main: what a task sleeps on, '' if unknown. */
  describe(address: number, kind: string): string
}
