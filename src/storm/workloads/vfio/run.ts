/**
 * A VFIO storm: slice after slice, after each of which the whole kernel is looked at.
 */
import type { Machine } from '../../../machine/machine.ts'
import { onArena } from '../../../machine/on_arena.ts'
import { filesOf } from '../../../define/brought.ts'
import type { MachinePlan } from '../../../machine/plan.ts'
import {
  VFIO_SCHEMA,
  vfioFinding,
  type VfioPlan,
  type VfioResult,
  type VfioRun,
} from '../../../results/vfio_storm.ts'
import { addCounts } from '../../area.ts'
import { runSession, type StormOptions } from '../../harness.ts'
import type { StormSession, StormStep } from '../../workload.ts'
import { takeOperations, takeTakenAway } from './area.ts'
import type { VfioCheck } from './check.ts'
import { OP_CHECK, OP_SLICE, OTHER_CPUS, type VfioMachine } from './program.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** Longest slice, milliseconds. */
const SLICE_MS = 2000
/** A CPU may not run for a while on a busy computer. */
const HANG_MS = 30_000
/** Time of a slice beyond its own. */
const SLACK_MS = 120_000
/** Kernel, devices, and the cards that were ever plugged: their operations are never reused. */
const ARENA_BYTES = 96 << 20

/** Runs a plan. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runVfioStorm(plan: VfioPlan, options: StormOptions = {}): Promise<VfioRun> {
  return { schema: VFIO_SCHEMA, plan, ...(await runSession(new VfioSession(plan), options)) }
}

class VfioSession implements StormSession<VfioResult> {
  readonly lanes: readonly string[]
  readonly cpus: number
  readonly #plan: VfioPlan
  readonly #rows: readonly Row[]

  constructor(plan: VfioPlan) {
    this.lanes = plan.strategies
    this.cpus = plan.cpus + OTHER_CPUS
    this.#plan = plan
    this.#rows = plan.strategies.map((strategy) => new Row(strategy))
  }

  machine(strategy: string): MachinePlan {
    const arg: VfioMachine = { plan: this.#plan, strategy }
    const patience = { hangMs: HANG_MS }
    const files = filesOf('strategy', [strategy])
    return {
      name: strategy,
      cpus: this.cpus,
      arenaBytes: ARENA_BYTES,
      program: PROGRAM,
      arg,
      patience,
      files,
    }
  }

  get found(): boolean {
    return this.results().some(vfioFinding)
  }

  results(): VfioResult[] {
    return this.#rows.filter(({ slices }) => slices > 0).map((row) => row.result())
  }

  *steps(): Iterable<StormStep> {
    const { durationMs } = this.#plan
    const rounds = Math.max(1, Math.ceil(durationMs / SLICE_MS))
    const ms = Math.ceil(durationMs / rounds)
    for (let round = 0; round < rounds; round++) {
      for (const row of this.#rows) {
        // A broken kernel only breaks further.
        if (row.found) continue
        const run = (machine: Machine): Promise<boolean> => row.slice(machine, [round, ms, this.cpus])
        const { strategy: lane } = row
        yield { lane, phase: 'round', round, rounds, label: '', run, broke: () => row.found }
      }
    }
  }
}

/** What is gathered of one strategy. */
class Row {
  readonly strategy: string
  slices = 0
  readonly #operations = new Map<string, { ok: number; readonly errnos: Record<string, number> }>()
  #checked = 0
  readonly #broken: string[] = []
  #leftToParent = 0
  #takenAway = 0

  constructor(strategy: string) {
    this.strategy = strategy
  }

  get found(): boolean {
    return vfioFinding(this.result())
  }

  async slice(machine: Machine, args: readonly [number, number, number]): Promise<boolean> {
    const [, ms, cpus] = args
    const patience = { hangMs: HANG_MS, budgetMs: ms + SLACK_MS }
    this.slices++
    try {
      this.#leftToParent += (await machine.command(OP_SLICE, args, { cpus, patience })) as number
    } finally {
      onArena(machine.view, () => this.#take())
    }
    const { checked, broken } = (await machine.command(OP_CHECK, [], { cpus: 1 })) as VfioCheck
    this.#checked += checked
    this.#broken.push(...broken)
    return true
  }

  #take(): void {
    for (const { name, ok, errnos } of takeOperations()) {
      const into = this.#operations.get(name) ?? { ok: 0, errnos: {} }
      into.ok += ok
      addCounts(into.errnos, errnos)
      this.#operations.set(name, into)
    }
    this.#takenAway += takeTakenAway()
  }

  result(): VfioResult {
    return {
      strategy: this.strategy,
      operations: [...this.#operations].map(([name, results]) => ({ name, ...results })),
      slices: this.slices,
      invariants: { checked: this.#checked, broken: this.#broken },
      leftToParent: this.#leftToParent,
      takenAway: this.#takenAway,
    }
  }
}
