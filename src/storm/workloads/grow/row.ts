/**
 * A row collects what one strategy did while its machine grew.
 *
 * Context   main, while the machine's CPUs are parked.
 */
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { arenaUsedWords } from '../../../mem/arena.ts'
import type {
  GrowthBurst,
  GrowthPlan,
  GrowthPoint,
  GrowthResult,
  GrowthSlope,
  Unregistration,
} from '../../../results/growth.ts'
import { median, medianInterval, spreadOf } from '../../../results/stats.ts'
import type { Interval } from '../../../results/storm.ts'
import { Broken } from '../../broken.ts'
import { phaseWallNs } from '../mdev/area.ts'
import type { Checkup } from '../mdev/kernel.ts'
import { OP_CHECK, OP_ROUND, OP_WARM_UP } from '../mdev/program.ts'
import { OP_FILL, OP_PROBE, OP_UNREGISTER } from './program.ts'
import { burstPlan, total } from './size.ts'

type Samples<K> = Map<K, number[]>

function add<K>(to: Samples<K>, key: K, samples: readonly number[]): void {
  to.set(key, [...(to.get(key) ?? []), ...samples])
}

/** Rounds for warming up use numbers that no other has. */
const WARM_UP = 1 << 20
const WARM_UP_ROUNDS = 60
const WARM_UP_PROBES = 20

/** See the head of this file. */
export class Row {
  readonly strategy: string
  readonly #plan: GrowthPlan
  readonly #creates: Samples<number> = new Map()
  /** Medians of rounds as multiples of the pace of that round, and those paces. */
  readonly #paced: Samples<number> = new Map()
  readonly #paces: Samples<number> = new Map()
  readonly #removes: Samples<number> = new Map()
  readonly #bursts: Samples<string> = new Map()
  readonly #gone: Samples<number> = new Map()
  readonly #broken = new Broken()
  #checked = 0
  #usedBytes = 0
  #devices = 0

  constructor(plan: GrowthPlan, strategy: string) {
    this.#plan = plan
    this.strategy = strategy
  }

  /** True if an invariant is broken. */
  get found(): boolean {
    return this.#broken.any
  }

  /** True once something was measured. */
  get begun(): boolean {
    return this.#creates.size + this.#bursts.size > 0
  }

  /** So that code is compiled before anything counts. */
  async warmUp(machine: Machine): Promise<void> {
    const { cpus } = this.#plan
    await machine.command(OP_WARM_UP, [WARM_UP, WARM_UP_ROUNDS, cpus], { cpus })
    for (let n = 0; n < WARM_UP_PROBES; n++) await this.#times(machine)
  }

  /** All devices of a burst at once, under a vendor cost. */
  async burst(machine: Machine, round: number, vendor: number): Promise<void> {
    const { cpus, vendors } = this.#plan
    await machine.command(OP_ROUND, [round, vendor, cpus, 0], { cpus })
    const ms = onArena(machine.view, () => phaseWallNs(0, cpus) / 1e6)
    add(this.#bursts, vendors[vendor]?.label ?? '', [ms])
  }

  /** One parent gets so many devices and is unregistered. Nothing else is there. */
  async smallUnregistration(machine: Machine, children: number): Promise<void> {
    await machine.command(OP_FILL, [0, children, 1], { cpus: 1 })
    await this.#unregister(machine, 0, children)
  }

  /** Devices come until so many are there. */
  async growTo(machine: Machine, devices: number): Promise<void> {
    await machine.command(OP_FILL, [this.#devices, devices, this.#plan.parents], { cpus: 1 })
    this.#devices = devices
    this.#usedBytes = onArena(machine.view, () => 4 * arenaUsedWords())
  }

  /** What one device more costs now. `paceNs`: what it costs a machine that does not grow, in the same round. */
  async probe(machine: Machine, paceNs: number): Promise<void> {
    const [creates, removes] = await this.#times(machine)
    add(this.#creates, this.#devices, creates)
    // One figure of each round: those of one moment are alike, and many of them would make an interval look narrow.
    add(this.#paced, this.#devices, [median(creates) / paceNs])
    add(this.#paces, this.#devices, [paceNs])
    add(this.#removes, this.#devices, removes)
  }

  /** What one create costs now, nanoseconds: of the machine that does not grow. */
  async pace(machine: Machine): Promise<number> {
    const [creates] = await this.#times(machine)
    return median(creates)
  }

  async #times(machine: Machine): Promise<readonly [number[], number[]]> {
    const { probes, parents } = this.#plan
    const args = [total(this.#plan), probes, parents]
    return (await machine.command(OP_PROBE, args, { cpus: 1 })) as [number[], number[]]
  }

  /** A parent of the full machine is unregistered. */
  async unregister(machine: Machine, parent: number): Promise<void> {
    await this.#unregister(machine, parent, this.#plan.devices)
  }

  async #unregister(machine: Machine, parent: number, children: number): Promise<void> {
    const ns = (await machine.command(OP_UNREGISTER, [parent], { cpus: 1 })) as number
    add(this.#gone, children, [ns / 1e6])
  }

  /** Everything should be gone. True if the kernel is whole. */
  async check(machine: Machine): Promise<boolean> {
    const { checked, broken, oopses } = (await machine.command(OP_CHECK, [], { cpus: 1 })) as Checkup
    this.#checked += checked
    this.#broken.take([...broken, ...oopses])
    return broken.length === 0
  }

  /** The figures so far. */
  result(): GrowthResult {
    const points = Array.from(this.#creates, ([devices, samples]): GrowthPoint => {
      const [removes = [], paces = []] = [this.#removes.get(devices), this.#paces.get(devices)]
      return {
        devices,
        createNs: medianInterval(samples),
        removeNs: medianInterval(removes),
        controlNs: medianInterval(paces),
      }
    })
    const paced = Array.from(this.#paced, ([devices, samples]) => ({ devices, ...medianInterval(samples) }))
    const [first, last] = [paced[0], paced.at(-1)]
    const two = first !== undefined && last !== undefined && first !== last
    const paceNs = median([...this.#paces.values()].flat())
    return {
      strategy: this.strategy,
      points,
      slope: two ? slopeOf(first, last, paceNs) : null,
      ratio: two ? ratioOf(last, first) : null,
      unregistrations: Array.from(this.#gone, ([children, samples]): Unregistration => ({
        children,
        ms: spreadOf(samples),
      })),
      bursts: Array.from(this.#bursts, ([vendor, samples]): GrowthBurst => {
        const { parents, devices } = burstPlan(this.#plan)
        return { vendor, devices: parents * devices, cpus: this.#plan.cpus, wallMs: spreadOf(samples) }
      }),
      invariants: { checked: this.#checked, broken: this.#broken.sentences() },
      usedBytes: this.#usedBytes,
    }
  }
}

/** Both intervals hold with about 0.95: what is made of the ends of both holds with 0.9. */
const BOTH = 0.9

function ratioOf(a: Interval, b: Interval): Interval {
  return { median: a.median / b.median, low: a.low / b.high, high: a.high / b.low, confidence: BOTH }
}

/** Multiples of a pace at a number of devices. */
type Paced = Interval & Pick<GrowthPoint, 'devices'>

function slopeOf(first: Paced, last: Paced, paceNs: number): GrowthSlope {
  const each = (more: number): number => (more * paceNs) / (last.devices - first.devices)
  return {
    nsPerDevice: each(last.median - first.median),
    low: each(last.low - first.high),
    high: each(last.high - first.low),
  }
}
