/**
 * The result of a VFIO storm, `lockstorm/vfio@2`: what `lockstorm storm --workload vfio --json` writes.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { StormEnd } from './storm.ts'

/** Name of the schema. */
export const VFIO_SCHEMA = 'lockstorm/vfio@2'

/** Users that are wrong on purpose. */
export const VFIO_CONTROLS = ['none', 'leak', 'early-put'] as const
export type VfioControl = (typeof VFIO_CONTROLS)[number]

/** What was asked for. */
export interface VfioPlan {
  readonly command: 'storm'
  readonly workload: 'vfio'
  readonly strategies: readonly string[]
  /** CPUs that create, use and remove. One more unplugs parents, and one changes modes. */
  readonly cpus: number
  readonly parents: number
  /** Uuids that are used. */
  readonly devices: number
  readonly durationMs: number
  readonly control: VfioControl
  readonly seed: number
}

/** One kind of operation: how often it succeeded, and how often it got which errno. */
export interface VfioOperation {
  readonly name: string
  readonly ok: number
  readonly errnos: Readonly<Record<string, number>>
}

/** What the users of one strategy's machine met. */
export interface VfioResult {
  readonly strategy: string
  readonly operations: readonly VfioOperation[]
  /** Slices, after each of which everything was looked at. */
  readonly slices: number
  /** Invariants looked at, over all slices, and one sentence for each that was broken. */
  readonly invariants: { readonly checked: number; readonly broken: readonly string[] }
  /** Devices that only their parent could remove: their `remove` file was used up while they were made. Known of the kernel. */
  readonly leftToParent: number
  /** Times a user found its open device taken away. */
  readonly takenAway: number
}

/** A VFIO storm, whole. */
export interface VfioRun extends StormEnd<VfioResult> {
  readonly schema: typeof VFIO_SCHEMA
  readonly plan: VfioPlan
}

/** True if something was left, or taken away from its user. */
export function vfioFinding({ invariants, takenAway }: VfioResult): boolean {
  return invariants.broken.length > 0 || takenAway > 0
}
