/**
 * What must hold after a round, when no CPU runs and every device has been removed.
 */
import { read, write } from '#access'
import { as } from '../../../base/addr.ts'
import { ENOMEM } from '../../../base/errno.ts'
import { parent_available } from '../../../drivers/index.ts'
import {
  busy_nodes,
  dangling_links,
  duplicate_count,
  kernel_counts,
  kernel_reports,
} from '../../../kernel/index.ts'
import { locks_still_held } from '../../../machine/lock_registry.ts'
import { mdev_check, MDEV_INVARIANTS } from '../../../mdev/check.ts'
import { mdev_globals } from '../../../mdev/types.ts'
import { alloc_boot, rootAddr } from '../../../mem/arena.ts'
import { kmem_cache_active } from '../../../mem/slab.ts'
import type { StormPlan } from '../../../results/storm.ts'
import { CAPACITY, emulated, typeCount } from '../../drivers.ts'
import type { Checkup } from './kernel.ts'

/** Counts that must be as they were right after boot. */
export const COUNTED = ['kernfsNodes', 'kernfsLinked', 'openFiles', 'kobjects', 'ksets', 'devices'] as const
/** Dangling links, busy nodes, free capacity of the parents, locks held. */
const OTHERS = 4
/** Invariants per check. */
const CHECKED = MDEV_INVARIANTS + COUNTED.length + OTHERS
const DEVICE_CACHE = mdev_globals.offset.device_cache
/** Where the arena remembers what its fresh kernel looked like. */
const FRESH = rootAddr('storm_fresh')

/** To be called at the end of boot. Returns 0 or -ENOMEM. */
export function rememberFresh(): number {
  const at = alloc_boot(COUNTED.length)
  if (at === 0) return -ENOMEM
  write(FRESH, at)
  const counts = kernel_counts()
  for (const [i, name] of COUNTED.entries()) write(at + i, counts[name])
  return 0
}

/** One sentence per count that is not what it was right after boot. CPU 0. */
export function changedCounts(): string[] {
  const counts = kernel_counts()
  return COUNTED.flatMap((name, i) => {
    const fresh = read(read(FRESH) + i)
    return counts[name] === fresh ? [] : [`${name}: ${counts[name]}, not ${fresh}`]
  })
}

/** Looks at everything. CPU 0. */
export function checkup(plan: StormPlan): Checkup {
  const driver = emulated(plan)
  const taken = Array.from({ length: plan.parents }, (_, p) => parent_available(p, 0)).filter(
    (free) => free !== CAPACITY[driver],
  )
  const broken = [
    ...mdev_check(plan.parents, typeCount(driver)),
    ...changedCounts(),
    ...some('dangling links', dangling_links()),
    ...some('files with an operation that never ended', busy_nodes()),
    ...some('parents with capacity lost', taken),
    ...some('locks still held', locks_still_held()),
  ]
  const device_cache = as<'kmem_cache'>(read(read(rootAddr('mdev')) + DEVICE_CACHE))
  const oopses = kernel_reports()
    .filter((one) => one.kind === 'oops')
    .map((one) => `${one.title} in ${one.rip}`)
  const leaked = Math.max(0, kmem_cache_active(device_cache))
  return { checked: CHECKED, broken, leaked, warned: duplicate_count(), oopses }
}

function some(what: string, found: readonly unknown[]): string[] {
  return found.length === 0 ? [] : [`${what}: ${found.length}, not 0`]
}
