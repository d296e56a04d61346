/**
 * The result of a mount, `lockstorm/mount@1`: what `lockstorm mount --json` writes when it ends.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { Environment } from './environment.ts'
import type { Verdict } from './storm.ts'

/** Name of the schema. */
export const MOUNT_SCHEMA = 'lockstorm/mount@1'

/** A mount, whole. */
export interface MountRun {
  readonly schema: typeof MOUNT_SCHEMA
  readonly env: Environment
  readonly plan: {
    readonly dir: string
    readonly cpus: number
    readonly boot: {
      readonly strategy: string
      readonly driver: string
      readonly parents: number
      readonly seed: number
    }
  }
  /** CPUs that were needed, and requests that they answered. */
  readonly threads: number
  readonly requests: number
  /** Somebody was still using it when it was unmounted. */
  readonly busy: boolean
  /** What the real kernel had not given back, and what should be otherwise; absent if nobody could look. */
  readonly closing?:
    | { readonly lookups: number; readonly files: number; readonly broken: readonly string[] }
    | undefined
  /** Reports of tasks of the emulated kernel that died, and what went wrong with the server itself. */
  readonly oopses: readonly string[]
  readonly faults: readonly string[]
  /** Threads that could not be ended. */
  readonly stuck: number
  readonly verdict: Verdict
}
