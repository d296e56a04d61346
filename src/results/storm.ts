/**
 * The result of a storm, `lockstorm/storm@2`: what `--json` writes and what reports read. Numbers are plain; times carry
 * their unit in the name. As JSON Schema: docs/schema/storm-2.schema.json.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know; `storm_read.ts` reads version 1 as well.
 */

import type { Environment } from './environment.ts'
import type { StormWaits } from './waits.ts'
import type { LockHold, LockHoldCount, LockReport, LockStatTable } from './locks.ts'

/** Name of the schema. */
export const STORM_SCHEMA = 'lockstorm/storm@2'

/** Name of the schema of several runs of one plan, each in a process of its own. */
export const STORM_RUNS_SCHEMA = 'lockstorm/storm-runs@1'

/** Row of the control that every storm has: the same operations with no kernel between. */
export const FLOOR = 'floor'

/** What a vendor's operation costs. */
export interface VendorCost {
  readonly kind: 'none' | 'busy' | 'sleep'
  readonly ns: number
  readonly distribution: 'fixed' | 'exponential'
}

/** One row of costs to run under. */
export interface VendorPlan {
  /** As it was given: `sleep:1ms`. */
  readonly label: string
  readonly create: VendorCost
  readonly remove: VendorCost
}

export type Affinity = 'own' | 'spread' | 'random'
export type Phase = 'create-remove' | 'churn'

/** Busy time that is added to each operation of one strategy, to see whether a comparison finds it. */
export interface Slow {
  readonly strategy: string
  /** Of the time that the operation took: 0.25 makes it a quarter longer. */
  readonly share: number
}

/** What was asked for. A storm is a function of its plan, but for the times it takes. */
export interface StormPlan {
  readonly command: 'storm'
  /** `real`: a tree of sysfs that somebody else serves; then there is one strategy, `sysfs`, and nobody knows what is behind it. */
  readonly driver: 'vgpu' | 'mtty' | 'synthetic' | 'real'
  readonly parents: number
  /** Per parent. */
  readonly devices: number
  /** Several: a sweep. */
  readonly cpus: readonly number[]
  readonly strategies: readonly string[]
  readonly vendors: readonly VendorPlan[]
  readonly affinity: Affinity
  readonly phase: Phase
  /** Measured rounds; fewer when `budgetS` runs out. */
  readonly rounds: number
  /** Rounds before that are not measured; null: until rounds are steady. */
  readonly warmup: number | null
  /** Share of creates that are attempted twice, 0 to 1. */
  readonly duplicates: number
  /** Chance, per create and remove, that a parent is unplugged and plugged again, 0 to 1. */
  readonly hotplug: number
  /** Locks that are not mdev's own: all, none, or the ones named. */
  readonly secondOrder: boolean | readonly ('kernfs' | 'uevent' | 'lists' | 'vfio' | 'devtmpfs')[]
  /** Locks that are held longer on purpose, in the checked build. */
  readonly holds?: readonly LockHold[]
  /** Each CPU begins an operation in every so many nanoseconds, CPU after CPU; absent: all at once, as fast as they can. */
  readonly staggerNs?: number
  /** Strategies that are slower on purpose. */
  readonly slow?: readonly Slow[]
  /** Rounds of a second pass, in the checked build, that notes who waits for whom; 0 or absent: none. */
  readonly waits?: number
  readonly seed: number
  readonly baseline: string
  /** Seconds after which no further round is begun; 0: no limit. */
  readonly budgetS: number
  /** Bytes of each arena; 0: as many as the plan needs. */
  readonly arenaBytes: number
}

/** Distribution of the latency of successful operations. */
export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly count: number
  /** Bucket and how many values it holds, for each that holds any; `histogram.ts` says what a bucket covers. */
  readonly buckets?: readonly (readonly [bucket: number, count: number])[]
}

/** Median with its interval, median absolute deviation, and the samples in order of rounds. Milliseconds. */
export interface Spread extends Interval {
  readonly median: number
  readonly mad: number
  readonly samples: readonly number[]
}

/** A median, and where it lies with the confidence that so many samples allow. */
export interface Interval {
  readonly median: number
  readonly low: number
  readonly high: number
  /** 0.95 or a little more; less for fewer than six samples, whose whole range is given. */
  readonly confidence: number
}

/** A median, and what it is at most with the confidence that so many samples allow: 0.95, or less for fewer than five. */
export interface AtMost {
  readonly median: number
  readonly atMost: number
  readonly confidence: number
}

/** One strategy under one vendor cost (and one number of CPUs, in a sweep). */
export interface StormResult {
  readonly strategy: string
  readonly vendor: string
  /** CPUs that took part. */
  readonly cpus: number
  /** First start to last end, summed over the phases of a round. */
  readonly wallMs: Spread
  /** Number of the round of each sample. Rows of one run are compared round by round: their i-th samples need not be of the same. */
  readonly rounds: readonly number[]
  /** Why the samples are not those of a warm machine, in a few words; null: they are, as far as can be told. */
  readonly unsteady: string | null
  /** The same per phase, where a round has two. */
  readonly phases?: { readonly createMs: Spread; readonly removeMs: Spread }
  /** Successful creates and removes per second. */
  readonly opsPerSecond: number
  /** Median wall time over the baseline's. 1 for the baseline itself; null without a baseline in the run. */
  readonly ratioToBaseline: number | null
  /** Wall time over the baseline's, of the same round; absent in files of before, and for the baseline itself. */
  readonly overBaseline?: AtMost
  readonly createNs: Latency
  readonly removeNs: Latency
  /** Creates at work, between namespace and gate on one side and done on the other. */
  readonly inFlight: { readonly mean: number; readonly max: number; readonly maxPerParent: number }
  /**
   * Wall time of the floor over this one's, of the same round: how much of what the computer can do is left. The floor is
   * the row `floor`: the same operations and costs, and no kernel between. null if there was none.
   */
  readonly ofFloor: Interval | null
  /** Ideal over measured time; ideal is operations × cost ÷ CPUs that can work at once. null without a cost. */
  readonly efficiency: number | null
  readonly duplicates: {
    readonly attempted: number
    /** Answered with EEXIST before the bus saw them. */
    readonly rejected: number
    /** Refused by the bus link only, with a warning and a stack trace. */
    readonly warned: number
    /** Both creates got as far as the vendor. */
    readonly admitted: number
  }
  readonly errnos: Readonly<Record<string, number>>
  readonly invariants: { readonly checked: number; readonly broken: readonly string[] }
  /** What a kernel log would be full of. Rounds that ended so had their machine replaced. */
  readonly damage: {
    readonly oopses: number
    /** Devices that were left when every remove had been tried. */
    readonly leaked: number
    /** Rounds that never ended. */
    readonly hung: number
  }
}

/** Fit of the Universal Scalability Law to the throughputs of a sweep. */
export interface SweepFit {
  readonly strategy: string
  readonly vendor: string
  /** Contention and coherency, each with a 95 % bootstrap interval. */
  readonly sigma: number
  readonly sigmaInterval: readonly [number, number]
  readonly kappa: number
  readonly kappaInterval: readonly [number, number]
  /** Operations per second of one CPU, as fitted. */
  readonly lambda: number
}

/** How one machine was warmed up. */
export interface WarmUp {
  readonly strategy: string
  readonly rounds: number
  /** Of all its rounds together. */
  readonly ms: number
  /** False if it was not steady when its rounds or the time for them were over. */
  readonly steady: boolean
  /** CPU time of the process for a round, block after block of as many rounds: by it the machine was judged. Milliseconds. */
  readonly cpuMs?: readonly number[]
}

/** 0, 1 and 3 as exit codes: as expected, an invariant is broken, the run itself broke. */
export type Verdict = 'ok' | 'finding' | 'broken'

/** What a run of any workload comes to, beside its plan. */
export interface StormEnd<Row> {
  readonly env: Environment
  readonly results: readonly Row[]
  /** Reports of lockdep; with detectors only. Any of them is a finding. */
  readonly lockReports?: readonly LockReport[]
  /** What the locks of each machine cost in the measured rounds; with lock_stat only. */
  readonly lockStat?: readonly LockStatTable[]
  /** How often each of the plan's `holds` was. */
  readonly lockHolds?: readonly LockHoldCount[]
  readonly verdict: Verdict
  /** Report of the machine that broke the run. */
  readonly failure?: string
}

/** A storm of mdevs, whole: what `lockstorm storm --json` writes. */
export interface StormRun extends StormEnd<StormResult> {
  readonly schema: typeof STORM_SCHEMA
  readonly plan: StormPlan
  /** Of a real tree: where, and which type of which parents. */
  readonly tree?: { readonly dir: string; readonly type: string; readonly parents: readonly string[] }
  /** Until all machines were on. */
  readonly bootMs: number
  readonly warmUps: readonly WarmUp[]
  /** Who made whom wait, of a pass of its own. */
  readonly waits?: readonly StormWaits[]
  /** For a sweep over three numbers of CPUs or more. */
  readonly sweep?: readonly SweepFit[]
}

/** Several runs of one plan: what `lockstorm storm --runs N --json` writes. */
export interface StormRuns {
  readonly schema: typeof STORM_RUNS_SCHEMA
  readonly plan: StormPlan
  readonly runs: readonly StormRun[]
  /** The worst of the runs'. */
  readonly verdict: Verdict
}
