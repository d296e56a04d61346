/**
 * What a machine is made of. Plain data: it travels to the workers.
 */
import type { FileRef } from '../define/brought.ts'
import type { Patience } from './watchdog.ts'

/** A machine to be. */
export interface MachinePlan {
  /** For reports: the strategy, for example. */
  readonly name: string
  readonly cpus: number
  /** Size of the arena. */
  readonly arenaBytes: number
  /** URL of the module that exports `program`. */
  readonly program: string
  /** Handed to the program's boot and attach. Must survive structured cloning. */
  readonly arg: unknown
  /** Locks that may be registered by name. */
  readonly lockSlots?: number
  /** Run the checked build. */
  readonly checked?: boolean
  readonly patience?: Partial<Patience>
  /** Users' files that every CPU loads first. */
  readonly files?: readonly FileRef[]
  /** Longest boot, milliseconds; default BOOT_BUDGET_MS. */
  readonly bootMs?: number
}

/** Milliseconds, unless the plan says otherwise. A worker that has its core taken away must not look stuck. */
export const PATIENCE: Patience = { hangMs: 5_000, damagedMs: 700, budgetMs: 60_000 }
/** Longest boot, milliseconds: 128 workers take 4 s on 2 cores. */
export const BOOT_BUDGET_MS = 30_000
/** Locks, unless the plan says otherwise. */
export const LOCK_SLOTS = 64
/** Heap of a worker, megabytes: what needs more has a leak. */
export const HEAP_MB = 128

/** An arena or a kernel that does not fit: the plan asks for too much or allows too little. */
export class PlanTooBig extends Error {
  override readonly name: string = 'PlanTooBig'
}
