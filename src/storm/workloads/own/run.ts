/**
 * A storm of a user's workload: slice after slice, in each of which every contender has its turn.
 *
 * Findings   what `check` says, a throw, and a hang: the machine of that contender is replaced, and the others go on.
 */
import { broughtNamed, filesOf, placeOf, type FileRef } from '../../../define/brought.ts'
import type { Workload } from '../../../define/workload.ts'
import type { MachineFailure } from '../../../machine/failure.ts'
import { machineBytes } from '../../../machine/globals.ts'
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { LOCK_SLOTS, type MachinePlan } from '../../../machine/plan.ts'
import { arenaOverheadBytes } from '../../../mem/arena.ts'
import { OWN_SCHEMA, type OwnPlan, type OwnResult, type OwnRun } from '../../../results/own_storm.ts'
import type { Area } from '../../area.ts'
import { Broken } from '../../broken.ts'
import { runSession, type StormOptions } from '../../harness.ts'
import { Tally } from '../../histogram.ts'
import type { StormSession, StormStep } from '../../workload.ts'
import { ownArea } from './area.ts'
import { OP_CHECK, OP_SETUP, OP_SLICE, type OwnCheck, type OwnMachine } from './program_ops.ts'

/** Slices of each contender, and the first, in which code is compiled: it counts for nothing. */
const SLICES = 8
const WARM_UP_MS = 50
const HANG_MS = 5_000

/** Runs a plan. The workload has been brought. */
export async function runOwnStorm(plan: OwnPlan, options: StormOptions = {}): Promise<OwnRun> {
  const workload = broughtNamed('workload', plan.workload) as Workload
  return { schema: OWN_SCHEMA, plan, ...(await runSession(new OwnSession(plan, workload), options)) }
}

class OwnSession implements StormSession<OwnResult> {
  readonly lanes: readonly string[]
  readonly cpus: number
  readonly #plan: OwnPlan
  readonly #workload: Workload
  readonly #rows: readonly Row[]

  constructor(plan: OwnPlan, workload: Workload) {
    this.lanes = plan.contenders
    this.cpus = plan.cpus
    this.#plan = plan
    this.#workload = workload
    const operations = Object.keys(workload.operations)
    this.#rows = plan.contenders.map((one) => new Row(one, operations, ownArea(workload)))
  }

  machine(contender: string): MachinePlan {
    const { cpus, seed, workload } = this.#plan
    const url = new URL('./program.js', import.meta.url)
    url.searchParams.set('workload', workload)
    const words = new SharedArrayBuffer(this.#workload.words * 4)
    const arg: OwnMachine = { contender, words, seed }
    const own = 4 * ownArea(this.#workload).words(cpus)
    const arenaBytes = arenaOverheadBytes(cpus) + machineBytes(cpus, LOCK_SLOTS) + own + 4096
    const files = filesOf('workload', [workload])
    return { name: contender, cpus, arenaBytes, program: url.href, arg, files, patience: { hangMs: HANG_MS } }
  }

  get found(): boolean {
    return this.#rows.some(({ found }) => found)
  }

  results(): OwnResult[] {
    return this.#rows.filter(({ ran }) => ran).map((row) => row.result())
  }

  *steps(): Iterable<StormStep> {
    const { durationMs, cpus, workload } = this.#plan
    const files = filesOf('workload', [workload])
    for (let round = 0; round <= SLICES; round++) {
      const ms = round === 0 ? WARM_UP_MS : Math.ceil(durationMs / SLICES)
      for (const row of this.#rows) {
        if (row.failed) continue
        yield {
          lane: row.contender,
          phase: round === 0 ? 'warm-up' : 'round',
          round: Math.max(0, round - 1),
          rounds: SLICES,
          label: '',
          run: (machine) => row.slice(machine, [round, ms, cpus]),
          broke: (_, failure) => row.broke(failure, files),
        }
      }
    }
  }
}

/** What is gathered of one contender. */
class Row {
  readonly contender: string
  readonly #names: readonly string[]
  readonly #area: Area
  readonly #tallies: readonly Tally[]
  readonly #ok: number[]
  readonly #errnos: Record<string, number>[]
  readonly #broken = new Broken()
  readonly #counters: Record<string, number> = {}
  #ms = 0
  #slices = 0
  #failure = ''

  constructor(contender: string, names: readonly string[], area: Area) {
    this.contender = contender
    this.#names = names
    this.#area = area
    this.#tallies = names.map(() => new Tally())
    this.#ok = names.map(() => 0)
    this.#errnos = names.map(() => ({}))
  }

  get failed(): boolean {
    return this.#failure !== ''
  }

  get found(): boolean {
    return this.failed || this.#broken.any
  }

  get ran(): boolean {
    return this.#slices > 0 || this.failed
  }

  /** What the file has thrown is told with its place there: the rest of the stack is ours. */
  broke({ report }: MachineFailure, files: readonly FileRef[]): boolean {
    const place = placeOf(report, files)
    const [first = '', ...rest] = report.split('\n')
    this.#failure =
      place === '' ? report : [first + place, ...rest.filter((line) => !/^ +at /.test(line))].join('\n')
    return true
  }

  async slice(machine: Machine, args: readonly [round: number, ms: number, cpus: number]): Promise<boolean> {
    const [round, ms] = args
    await machine.command(OP_SETUP, [], { cpus: 1 })
    await machine.command(OP_SLICE, args)
    const { broken, counters } = (await machine.command(OP_CHECK, [], { cpus: 1 })) as OwnCheck
    this.#broken.take(broken)
    onArena(machine.view, () => this.#take(round > 0))
    if (round === 0) return true
    for (const [name, count] of Object.entries(counters))
      this.#counters[name] = (this.#counters[name] ?? 0) + count
    this.#ms += ms
    this.#slices++
    return true
  }

  /** Clears what CPUs have written, and counts it. */
  #take(counts: boolean): void {
    for (const i of this.#names.keys()) {
      const { ok, errnos } = this.#area.takeResults(i)
      this.#area.takeHistogram(i, counts ? (this.#tallies[i] as Tally) : new Tally())
      if (!counts) continue
      this.#ok[i] = (this.#ok[i] as number) + ok
      const sums = this.#errnos[i] as Record<string, number>
      for (const [name, count] of Object.entries(errnos)) sums[name] = (sums[name] ?? 0) + count
    }
  }

  result(): OwnResult {
    const operations = this.#names.map((name, i) => ({
      name,
      ok: this.#ok[i] as number,
      errnos: this.#errnos[i] as Record<string, number>,
      ns: (this.#tallies[i] as Tally).latency(),
    }))
    const done = operations.reduce((sum, { ok }) => sum + ok, 0)
    return {
      contender: this.contender,
      operations,
      opsPerSecond: this.#ms === 0 ? 0 : (done * 1000) / this.#ms,
      slices: this.#slices,
      counters: this.#counters,
      broken: this.#broken.sentences(),
      ...(this.failed && { failure: this.#failure }),
    }
  }
}
