/**
 * What must hold after a race in whatever order it ran.
 *
 * Context   after the race, CPU 0 alone.
 */
import { read } from '#access'
import { as } from '../../base/addr.ts'
import { warning_count } from '../../kernel/report.ts'
import { mdev_globals } from '../../mdev/index.ts'
import { rootAddr } from '../../mem/arena.ts'
import { kmem_cache_active } from '../../mem/slab.ts'

const ROOT = rootAddr('mdev')
const CACHE = mdev_globals.offset.device_cache

/** mdev devices in memory. */
export function mdevsInMemory(): number {
  return kmem_cache_active(as(read(read(ROOT) + CACHE)))
}

/** One sentence for each thing that is not so: as many devices in memory, and no warning in the log. */
export function mdevsLeft(devices: number): string[] {
  const found = mdevsInMemory()
  const warnings = warning_count()
  return [
    ...(found === devices ? [] : [`mdev devices in memory: ${found}, not ${devices}`]),
    ...(warnings === 0 ? [] : [`warnings: ${warnings}, not 0`]),
  ]
}
