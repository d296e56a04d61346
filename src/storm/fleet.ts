/**
 * The machines of a storm: one per contender, each with its own arena, all with the same crew of workers, which goes from
 * one to the other. A machine whose kernel was damaged is replaced.
 */
import type { DetectorPlan } from '../debug/detectors.ts'
import { PlanTooBig, type MachinePlan } from '../machine/plan.ts'
import { Crew } from '../machine/crew.ts'
import type { Machine } from '../machine/machine.ts'
import { powerOn } from '../machine/power.ts'
import type { LockReports } from './detectors.ts'
import type { StormSession } from './workload.ts'

/** How the machines run. */
export interface FleetOptions {
  /** Detectors that every machine runs under, in the checked build. */
  readonly detectors?: DetectorPlan
}

/** The machines of a session. */
export class Fleet {
  readonly #session: Pick<StormSession<unknown>, 'lanes' | 'control' | 'machine'>
  readonly #machines = new Map<string, Machine>()
  readonly #crew: Crew
  readonly #detectors: DetectorPlan | undefined
  #measuring = false
  #lockReports: LockReports | undefined

  constructor(
    session: Pick<StormSession<unknown>, 'lanes' | 'control' | 'machine' | 'cpus'>,
    { detectors }: FleetOptions,
  ) {
    this.#session = session
    this.#detectors = detectors
    this.#crew = new Crew(session.cpus, detectors !== undefined)
  }

  /** What the detectors found; undefined without detectors. Complete when the machines are off. */
  get lockReports(): LockReports | undefined {
    return this.#lockReports
  }

  /** The warm-up is over: what locks cost is counted from here, and those of the plan are held longer. */
  measure(): void {
    if (this.#measuring) return
    this.#measuring = true
    for (const { view } of this.#machines.values()) this.#lockReports?.measure(view)
  }

  /** Switches all machines on, until `stop` says otherwise. On failure the caller still has to switch off. */
  async powerOn(stop: () => boolean): Promise<void> {
    for (const lane of this.#session.lanes) {
      if (stop()) return
      await this.replace(lane)
    }
  }

  /** The machine of a contender. */
  machine(lane: string): Machine {
    const machine = this.#machines.get(lane)
    if (machine === undefined) throw new PlanTooBig(`no machine runs ${lane}`)
    return machine
  }

  /** Switches a contender's machine off, if there is one, and a new one on. */
  async replace(lane: string): Promise<void> {
    await this.#retire(lane)
    const machine = await powerOn(await this.#watched(this.#session.machine(lane)), this.#crew)
    if (this.#measuring) this.#lockReports?.measure(machine.view)
    this.#machines.set(lane, machine)
  }

  async #retire(lane: string): Promise<void> {
    const machine = this.#machines.get(lane)
    if (machine === undefined) return
    await machine.off()
    if (lane !== this.#session.control) this.#lockReports?.take(lane, machine.view)
    this.#machines.delete(lane)
  }

  async #watched(plan: MachinePlan): Promise<MachinePlan> {
    const detectors = this.#detectors
    if (detectors === undefined) return plan
    const { LockReports, watchedMachine } = await import('./detectors.ts')
    this.#lockReports ??= new LockReports(detectors)
    return watchedMachine(plan, detectors)
  }

  /** Switches everything off. Never rejects. */
  async off(): Promise<void> {
    await this.#crew.dismiss()
    await Promise.all([...this.#machines.keys()].map((lane) => this.#retire(lane)))
  }
}
