/**
 * From what each CPU waited for to what a strategy's CPUs waited for: by lock, by place, by pair of CPUs. Loaded where it is
 * asked for only: it brings the checker's tables along.
 */
import { takeLockWaits, type Wait } from '../../../debug/lock_waits/globals.ts'
import { FLOOR } from '../../../results/storm.ts'
import type { LockWait, StormWaits, WaitPair, WaitSite } from '../../../results/waits.ts'
import type { Cell } from './cell.ts'

/** Frames of the storm itself: everybody's stack begins with them. */
const OURS = /^(?:runCpu|serve)$|\[(?:program|sysfs|cpu|watched)\]$/

/** Outermost first, without the storm's own frames. */
function site(stack: readonly string[]): string {
  const kernel = stack.filter((frame) => !OURS.test(frame))
  return kernel.toReversed().join(';')
}

function gathered<T>(
  waits: readonly Wait[],
  key: (wait: Wait) => string,
  make: (group: readonly Wait[]) => T,
): T[] {
  const groups = new Map<string, Wait[]>()
  for (const wait of waits) {
    const group = groups.get(key(wait)) ?? []
    groups.set(key(wait), group)
    group.push(wait)
  }
  return Array.from(groups.values(), make)
}

const sum = (group: readonly Wait[], what: 'waits' | 'totalNs'): number =>
  group.reduce((total, wait) => total + wait[what], 0)
const longest = (group: readonly Wait[]): number => Math.max(...group.map(({ maxNs }) => maxNs))
const byTotal = (a: { readonly totalNs: number }, b: { readonly totalNs: number }): number =>
  b.totalNs - a.totalNs

/** Collects the waits of each cell, round by round. Main, while CPUs are parked. */
export class WaitBook {
  readonly #waits = new Map<Cell, Wait[]>()

  /** Forgets what a machine has noted so far. */
  begin(view: Int32Array): void {
    takeLockWaits(view)
  }

  /** Takes what a machine has noted. */
  take(view: Int32Array, cell: Cell): void {
    this.#waits.set(cell, [...(this.#waits.get(cell) ?? []), ...takeLockWaits(view)])
  }

  /** What it all comes to. */
  results(): StormWaits[] {
    const judged = [...this.#waits].filter(([{ strategy }]) => strategy !== FLOOR)
    return judged.map(([cell, waits]) => waitsOf(cell, waits))
  }
}

function waitsOf({ strategy, vendor, cpus, walls }: Cell, waits: readonly Wait[]): StormWaits {
  const wallMs = [...walls.values()].reduce((total, ms) => total + ms, 0)
  const locks = gathered(
    waits,
    ({ lock }) => lock,
    (group): LockWait => {
      const totalNs = sum(group, 'totalNs')
      const share = wallMs === 0 ? 0 : totalNs / (wallMs * 1e6 * cpus)
      return { lock: lockOf(group), waits: sum(group, 'waits'), totalNs, maxNs: longest(group), share }
    },
  )
  const sites = gathered(
    waits,
    ({ lock, ownerStack, waiterStack }) => [lock, site(ownerStack), site(waiterStack)].join('\n'),
    (group): WaitSite => ({
      lock: lockOf(group),
      owner: site(group[0]?.ownerStack ?? []),
      waiter: site(group[0]?.waiterStack ?? []),
      waits: sum(group, 'waits'),
      totalNs: sum(group, 'totalNs'),
      maxNs: longest(group),
    }),
  )
  const pairs = gathered(
    waits,
    ({ lock, owner, waiter }) => [lock, owner, waiter].join('\n'),
    (group): WaitPair => ({
      lock: lockOf(group),
      owner: group[0]?.owner ?? -1,
      waiter: group[0]?.waiter ?? 0,
      waits: sum(group, 'waits'),
      totalNs: sum(group, 'totalNs'),
    }),
  )
  return {
    strategy,
    vendor: vendor.label,
    cpus,
    rounds: walls.size,
    wallMs,
    locks: locks.toSorted(byTotal),
    sites: sites.toSorted(byTotal),
    pairs: pairs.toSorted(byTotal),
  }
}

function lockOf(group: readonly Wait[]): string {
  return group[0]?.lock ?? ''
}
