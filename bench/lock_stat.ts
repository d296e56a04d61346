/**
 * `bench --lock-stat`: what the detectors cost per lock, and what the locks cost by lock_stat's account.
 */
import { detectorArenaBytes, detectors_init, type DetectorPlan } from '../src/debug/detectors.ts'
import { lockStats } from '../src/debug/lock_stat/report.ts'
import { runBodies } from '../src/machine/bodies.ts'
import { alloc_boot, createArena } from '../src/mem/index.ts'
import type { LockStatTable } from '../src/results/locks.ts'
import { LOCK_NAMES, LOCK_WORDS, type LockName, type LockStatArg } from './lock_stat_body.ts'
import { calibrate } from './calibrate.ts'
import { median } from './stats.ts'

const ARENA_BYTES = 1 << 18
const HOLD_NS = 200
const WORKERS = [2, 8]
/** Under a detector a pair takes so many times as long, roughly. */
const WATCHED = 20

/** Builds and detectors, from nothing to everything. */
const BUILDS: Readonly<Record<string, { readonly checked: boolean; readonly detectors: DetectorPlan }>> = {
  'fast build': { checked: false, detectors: {} },
  'checked build': { checked: true, detectors: {} },
  '+ lock_stat': { checked: true, detectors: { lockStat: true } },
  '+ lockdep': { checked: true, detectors: { lockdep: true } },
  '+ both': { checked: true, detectors: { lockdep: true, lockStat: true } },
}

/** Nanoseconds of lock and unlock by one worker. */
export interface DetectorCost {
  readonly build: string
  readonly nsPerPair: Readonly<Record<string, number>>
}

/** How much is measured. */
export interface LockStatEffort {
  /** Pairs per lock and worker. */
  readonly ops: number
  /** How often each build, in turns with the others. */
  readonly repeats: number
}

/** What `bench --lock-stat` finds. */
export interface LockStatBench {
  readonly costs: DetectorCost[]
  /** One per number of workers: each of them takes every lock, with 200 ns of work inside. */
  readonly tables: LockStatTable[]
}

async function workers(
  cpus: number,
  build: { readonly checked: boolean; readonly detectors: DetectorPlan },
  ops: number,
  steps: number,
): Promise<Record<LockName, number>[]> {
  const { checked, detectors } = build
  const sab = createArena(detectorArenaBytes(detectors, ARENA_BYTES, cpus), cpus)
  if (!detectors_init(detectors)) throw new Error('the arena is too small for the detectors')
  const locks = Object.fromEntries(LOCK_NAMES.map((name) => [name, alloc_boot(LOCK_WORDS)]))
  const arg: LockStatArg = { detectors, locks: locks as Record<LockName, number>, ops, steps }
  const module = new URL('./lock_stat_body.js', import.meta.url)
  const common = { sab, module, arg, checked, timeoutMs: 600_000 }
  await runBodies({ ...common, cpus: 1, body: 'init' })
  return runBodies<Record<LockName, number>>({ ...common, cpus, body: 'take' })
}

/** Runs it. `stop` is asked before each step: true ends it with what there is. */
export async function benchLockStat(
  { ops, repeats }: LockStatEffort,
  progress: (text: string) => void,
  stop: () => boolean = () => false,
): Promise<LockStatBench> {
  const samples = new Map<string, Record<LockName, number>[]>()
  // In turns, so that a busy moment of the machine hits all of them.
  for (let i = 0; i < repeats; i++) {
    for (const [name, build] of Object.entries(BUILDS)) {
      if (stop()) break
      progress(`${name}, ${i + 1} of ${repeats}`)
      const watched = Object.keys(build.detectors).length > 0
      const found = await workers(1, build, watched ? Math.ceil(ops / WATCHED) : ops, 0)
      samples.set(name, [...(samples.get(name) ?? []), ...found])
    }
  }
  const costs = [...samples].map(([build, found]) => {
    const each = LOCK_NAMES.map((lock) => [lock, median(found.map((one) => one[lock]))] as const)
    return { build, nsPerPair: Object.fromEntries(each) }
  })
  const steps = calibrate(HOLD_NS)
  const tables: LockStatTable[] = []
  for (const cpus of WORKERS) {
    if (stop()) break
    progress(`lock_stat, ${cpus} workers`)
    await workers(cpus, { checked: true, detectors: { lockStat: true } }, Math.ceil(ops / 10), steps)
    tables.push({ machine: `${cpus} workers, ${HOLD_NS} ns inside`, rows: lockStats() })
  }
  return { costs, tables }
}
