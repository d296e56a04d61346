/**
 * Which detectors a run has: set up once by the boot CPU, installed by every CPU of the checked build.
 *
 *   boot CPU, first thing in its arena   detectors_init(plan)
 *   every CPU, before kernel code        detectors_attach(plan)
 */
import { arenaLimit } from '../mem/arena.ts'
import type { Observer } from '../trace/observer.ts'
import { installObserver, observers, removeObserver } from '../trace/observers.ts'
import { TaskStacks } from './hung_task/stacks.ts'
import { kasan_init, type KasanOptions } from './kasan/globals.ts'
import { Kasan } from './kasan/kasan.ts'
import { kcsan_init, SHADOW_WORDS, type KcsanOptions } from './kcsan/globals.ts'
import { Kcsan, type KcsanThreadOptions } from './kcsan/kcsan.ts'
import { lock_hold_init, type LockHoldPlan } from './lock_hold/globals.ts'
import { LockHold } from './lock_hold/lock_hold.ts'
import { lock_stat_init, type LockStatOptions } from './lock_stat/globals.ts'
import { LockStat } from './lock_stat/lock_stat.ts'
import { lock_waits_init } from './lock_waits/globals.ts'
import { LockWaits } from './lock_waits/lock_waits.ts'
import { lockdep_init, type LockdepOptions } from './lockdep/globals.ts'
import { Lockdep, type LockdepThreadOptions } from './lockdep/lockdep.ts'
import { debug_init } from './store.ts'
import { timeline_init, timelineWords, type TimelineOptions } from './timeline/globals.ts'
import { Timeline } from './timeline/timeline.ts'

/** Detectors of a run; `true` for one with its defaults. Plain data: it travels to the workers. */
export interface DetectorPlan {
  readonly lockdep?: boolean | (LockdepOptions & LockdepThreadOptions)
  readonly lockStat?: boolean | LockStatOptions
  /** No detector: locks that are held longer on purpose. */
  readonly lockHold?: readonly LockHoldPlan[]
  /** Who made whom wait. */
  readonly lockWaits?: boolean
  /** No detector: a recorder of what CPUs do, moment by moment. */
  readonly timeline?: TimelineOptions
  readonly kasan?: boolean | KasanOptions
  readonly kcsan?: boolean | (KcsanOptions & KcsanThreadOptions)
}

/** Words for tables of a fixed size, generously. */
const TABLE_WORDS = 1 << 19
const PER_CPU_WORDS = 1 << 14

function options<T extends object>(choice: boolean | T | undefined): T | undefined {
  return choice === true ? ({} as T) : choice === false ? undefined : choice
}

/** True if the plan has any detector. */
function anyDetector(plan: DetectorPlan): boolean {
  return Object.values(plan).some((choice) => choice !== undefined && choice !== false)
}

function shadowWords(plan: DetectorPlan): number {
  return (options(plan.kasan) === undefined ? 0 : 1) + (options(plan.kcsan) === undefined ? 0 : SHADOW_WORDS)
}

/** Bytes of an arena in which the plan's detectors leave `bytes` to the kernel. */
export function detectorArenaBytes(plan: DetectorPlan, bytes: number, cpus: number): number {
  if (!anyDetector(plan)) return bytes
  const recorder = plan.timeline === undefined ? 0 : timelineWords(plan.timeline, cpus)
  const tables = (TABLE_WORDS + cpus * PER_CPU_WORDS + recorder) * 4
  return (bytes + tables) * (1 + shadowWords(plan))
}

/** Sets the plan's detectors up. Boot CPU only, before anything else is made. False when the arena is too small. */
export function detectors_init(plan: DetectorPlan): boolean {
  if (!anyDetector(plan)) return true
  const cover = Math.floor(arenaLimit() / (1 + shadowWords(plan)))
  const lockdep = options(plan.lockdep)
  const lockStat = options(plan.lockStat)
  const kasan = options(plan.kasan)
  const kcsan = options(plan.kcsan)
  return (
    debug_init() &&
    (kasan === undefined || kasan_init({ cover, ...kasan })) &&
    (kcsan === undefined || kcsan_init({ cover, ...kcsan })) &&
    (lockdep === undefined || lockdep_init(lockdep)) &&
    (lockStat === undefined || lock_stat_init(lockStat)) &&
    (plan.lockWaits !== true || lock_waits_init()) &&
    (plan.timeline === undefined || timeline_init(plan.timeline)) &&
    (plan.lockHold === undefined || lock_hold_init(plan.lockHold))
  )
}

const mine = new WeakSet<Observer>()

/** Installs the plan's detectors on this CPU, in place of those of an earlier machine that this thread served. */
export function detectors_attach(plan: DetectorPlan): void {
  detectors_detach()
  if (!anyDetector(plan)) return
  const add = (observer: Observer): void => {
    mine.add(observer)
    installObserver(observer)
  }
  // kasan first: it tells of a bad access before anybody else trips over it.
  if (options(plan.kasan) !== undefined) add(new Kasan())
  const kcsan = options(plan.kcsan)
  if (kcsan !== undefined) add(new Kcsan(kcsan))
  const lockdep = options(plan.lockdep)
  if (lockdep !== undefined) add(new Lockdep(lockdep))
  if (options(plan.lockStat) !== undefined) add(new LockStat())
  if (plan.lockWaits === true) add(new LockWaits())
  if (plan.timeline !== undefined) add(new Timeline())
  if (plan.lockHold !== undefined) add(new LockHold(plan.lockHold))
  add(new TaskStacks())
}

/** Removes what detectors_attach has installed on this thread. */
export function detectors_detach(): void {
  for (const observer of observers.filter((one) => mine.has(one))) removeObserver(observer)
}
