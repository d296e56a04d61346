/**
 * A cell collects what one strategy did under one vendor cost on one number of CPUs, round by round.
 *
 * Context   main, attached to the arena of the strategy's machine, while its CPUs are parked.
 */
import { availableParallelism } from 'node:os'
import { EEXIST, ENOSPC } from '../../../base/errno.ts'
import { median, spreadOf } from '../../../results/stats.ts'
import type { StormResult, VendorCost, VendorPlan } from '../../../results/storm.ts'
import { addCounts } from '../../area.ts'
import { whyDrifting } from '../../steady.ts'
import { Broken } from '../../broken.ts'
import { phaseWallNs, resultsOf, takeErrnos, takeHistograms, takeOopses } from './area.ts'
import { Tally } from '../../histogram.ts'
import { inFlight, type InFlight } from './in_flight.ts'
import { CREATE, REMOVE, UNPLUG, type RoundOperations } from './operations.ts'
import { warnsByDesign } from './strategies.ts'
import type { Checkup, MdevKernel } from './kernel.ts'

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** A result without its ratios to others. */
export type CellResult = Omit<StormResult, 'ratioToBaseline' | 'ofFloor'>

/** What the rounds of one strategy under one vendor cost come to. */
export class Cell {
  readonly strategy: string
  readonly vendor: VendorPlan
  readonly cpus: number
  /** Wall time of each round that came to its end, by its number. */
  readonly walls = new Map<number, number>()
  readonly #phases: [number[], number[]] = [[], []]
  readonly #throughput: number[] = []
  readonly #efficiency: number[] = []
  readonly #flights: InFlight[] = []
  readonly #tallies: readonly [Tally, Tally] = [new Tally(), new Tally()]
  readonly #errnos: Record<string, number> = {}
  readonly #duplicates = { attempted: 0, rejected: 0, warned: 0, admitted: 0 }
  readonly #damage = { oopses: 0, leaked: 0, hung: 0 }
  readonly #broken = new Broken()
  /** Creates that were tried, and those that made a device, while parents stay. */
  #tried = 0
  #made = 0
  #checked = 0

  constructor(strategy: string, vendor: VendorPlan, cpus: number) {
    this.strategy = strategy
    this.vendor = vendor
    this.cpus = cpus
  }

  /** Operations per second, one figure per round. */
  get throughput(): readonly number[] {
    return this.#throughput
  }

  /** True if something went wrong that a good strategy would not let happen. */
  get hasFinding(): boolean {
    const { oopses, hung } = this.#damage
    return this.#broken.any || this.#isIdle || oopses > 0 || hung > 0 || this.#duplicates.admitted > 0
  }

  /** Nothing was ever made: whoever keeps everybody out breaks nothing, and does nothing. */
  get #isIdle(): boolean {
    return this.#tried > 0 && this.#made === 0
  }

  /** False as long as no round was begun. */
  get begun(): boolean {
    return this.walls.size > 0 || this.#damage.hung > 0
  }

  /** Takes a round's figures out of the arena. `ops` is what the CPUs did. */
  takeRound(round: number, ops: RoundOperations, kernel: MdevKernel): void {
    const done = this.#takeResults(ops)
    const walls = ops.map((_, phase) => phaseWallNs(phase, this.cpus))
    const wallNs = walls.reduce((sum, ns) => sum + ns, 0)
    this.walls.set(round, wallNs / 1e6)
    for (const [phase, ns] of walls.entries()) this.#phases[phase]?.push(ns / 1e6)
    this.#throughput.push((done.creates + done.removes) / (wallNs / 1e9))
    this.#efficiency.push(this.#idealNs(done.creates, done.removes) / wallNs)
    const each = Array.from({ length: this.cpus }, (_, cpu) => cpu)
    this.#flights.push(inFlight(each.flatMap((cpu) => kernel.work(cpu))))
    takeHistograms(this.#tallies)
    addCounts(this.#errnos, takeErrnos())
    this.#damage.oopses += takeOopses()
  }

  /** Takes the check after a round. `warned` is the number of duplicate-link warnings of the round. */
  takeCheck(check: Checkup, warned: number): void {
    this.#checked += check.checked
    this.#damage.leaked += check.leaked
    this.#duplicates.warned += warned
    this.#duplicates.rejected -= warned
    const past =
      warned > 0 && !warnsByDesign(this.strategy) ? [`duplicates that reached the bus: ${warned}, not 0`] : []
    this.#broken.take([...check.broken, ...check.oopses, ...past])
  }

  /** The round never ended. */
  takeHang(kind: string): void {
    this.#damage.oopses += takeOopses()
    this.#damage.hung++
    this.#broken.take([`a round never ended (${kind})`])
  }

  /**
   * Counts successes, and compares the two creates of each duplicated uuid. Where parents come and go, the first device
   * may be gone when the second comes, so that both may succeed.
   */
  #takeResults(ops: RoundOperations): { creates: number; removes: number } {
    const done = { creates: 0, removes: 0 }
    const hotplug = ops.flat(2).some((op) => op.kind === UNPLUG)
    const first = new Map<number, number>()
    const second = new Map<number, number>()
    for (const [phase, byCpu] of ops.entries()) {
      for (const [cpu, list] of byCpu.entries()) {
        const results = resultsOf(cpu, phase, list.length)
        for (const [i, op] of list.entries()) {
          if (op.kind === REMOVE && results[i] === 0) done.removes++
          if (op.kind !== CREATE) continue
          if (results[i] === 0) done.creates++
          ;(op.duplicate ? second : first).set(op.device, results[i] as number)
        }
      }
    }
    if (!hotplug) {
      this.#tried += first.size
      this.#made += done.creates
    }
    for (const [device, result] of second) this.#takeTwins(first.get(device) as number, result, hotplug)
    return done
  }

  #takeTwins(a: number, b: number, hotplug: boolean): void {
    this.#duplicates.attempted++
    const full = a === -ENOSPC || b === -ENOSPC
    // Both got as far as the vendor, who had room for one of them only: the namespace did not see it.
    const both = (a === 0 || b === 0) && (a === b || full)
    if (both && !hotplug) this.#duplicates.admitted++
    else if (a === -EEXIST || b === -EEXIST) this.#duplicates.rejected++
  }

  #idealNs(creates: number, removes: number): number {
    const each = (cost: VendorCost): number => {
      const atOnce = cost.kind === 'busy' ? Math.min(this.cpus, availableParallelism()) : this.cpus
      return cost.ns / atOnce
    }
    return creates * each(this.vendor.create) + removes * each(this.vendor.remove)
  }

  /** The figures so far. */
  result(): CellResult {
    const free = this.vendor.create.kind === 'none' && this.vendor.remove.kind === 'none'
    const [createMs, removeMs] = this.#phases
    const { rejected } = this.#duplicates
    return {
      strategy: this.strategy,
      vendor: this.vendor.label,
      cpus: this.cpus,
      wallMs: spreadOf([...this.walls.values()]),
      rounds: [...this.walls.keys()],
      unsteady: whyDrifting([...this.walls.values()]),
      ...(removeMs.length > 0 && { phases: { createMs: spreadOf(createMs), removeMs: spreadOf(removeMs) } }),
      opsPerSecond: median(this.#throughput) || 0,
      createNs: this.#tallies[0].latency(),
      removeNs: this.#tallies[1].latency(),
      inFlight: {
        mean: mean(this.#flights.map((flight) => flight.mean)),
        max: Math.max(0, ...this.#flights.map((flight) => flight.max)),
        maxPerParent: Math.max(0, ...this.#flights.map((flight) => flight.maxPerParent)),
      },
      efficiency: free ? null : median(this.#efficiency) || 0,
      duplicates: { ...this.#duplicates, rejected: Math.max(0, rejected) },
      errnos: this.#errnos,
      invariants: {
        checked: this.#checked,
        broken: [
          ...this.#broken.sentences(),
          ...(this.#isIdle ? [`creates that made a device: 0 of ${this.#tried}`] : []),
        ],
      },
      damage: this.#damage,
    }
  }
}
