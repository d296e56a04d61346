/**
 * The result of an unplug storm, `lockstorm/unplug@1`: what `lockstorm storm --workload unplug --json` writes.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { Latency, StormEnd } from './storm.ts'

/** Name of the schema. */
export const UNPLUG_SCHEMA = 'lockstorm/unplug@1'

/** What was asked for. */
export interface UnplugPlan {
  readonly command: 'storm'
  readonly workload: 'unplug'
  readonly fences: readonly string[]
  /** CPUs that use the device. One more plugs and unplugs, and one serves interrupts. */
  readonly cpus: number
  /** CPUs that sleep in the device in the last quarter of the time. */
  readonly sleepers: number
  /** Storm time per fence, milliseconds. */
  readonly durationMs: number
  /** How long a sleeper waits where nobody wakes it, milliseconds. */
  readonly patienceMs: number
  readonly seed: number
}

/** One fence. */
export interface UnplugResult {
  readonly fence: string
  /** Who did it so. */
  readonly history: string
  /** True if nothing may run after the fence. */
  readonly strong: boolean
  /** Entering and leaving, alone on one CPU, nanoseconds. */
  readonly readSideNs: number
  readonly ops: number
  readonly opsPerSecond: number
  readonly unplugs: number
  /**
   * Unregistration until nobody is inside: with no user; with users, as often as they let it; at a pace; at that pace with
   * sleepers. Nanoseconds.
   */
  readonly idleNs: Latency
  readonly loadedNs: Latency
  readonly pacedNs: Latency
  readonly sleepersNs: Latency
  /** The last, until all sleepers have been told: it grows with their number and with the threads that want a core. Empty where none is told. */
  readonly toldNs: Latency
  /** Without users, while a reader of another device is inside its own fence for two milliseconds at a time. */
  readonly strangerNs: Latency
  /** Of the first four, what the fence took: the rest is the deletion of the cdev and of the device. */
  readonly closeNs: {
    readonly idle: Latency
    readonly loaded: Latency
    readonly paced: Latency
    readonly sleepers: Latency
  }
  /** Sleepers that unregistration woke, and sleepers that found out when their own patience was at its end. */
  readonly woken: number
  readonly left: number
  /** Errors that users saw by name; HUP: polls that said HUP or ERR. */
  readonly errnos: Readonly<Record<string, number>>
  /** Operations that ran after the fence. */
  readonly late: number
  /** Accesses to registers after they were unmapped, as the checker found them. */
  readonly unmapped: number
  /** What was left in memory at the end, or is still held: one sentence each. */
  readonly broken: readonly string[]
}

/** An unplug storm, whole. */
export interface UnplugRun extends StormEnd<UnplugResult> {
  readonly schema: typeof UNPLUG_SCHEMA
  readonly plan: UnplugPlan
}

/** True if the fence let something through, or something was left. */
export function unplugFinding({ late, unmapped, broken }: UnplugResult): boolean {
  return late > 0 || unmapped > 0 || broken.length > 0
}
