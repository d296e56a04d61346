/**
 * Invariants of the mdev core after a run, when no CPU is running and every device should be gone.
 */
import { read } from '#access'
import { as } from '../base/addr.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_count } from '../mem/list.ts'
import { kmem_cache_active } from '../mem/slab.ts'
import { mutex_is_locked } from '../sync/index.ts'
import { sharded_empty } from './namespaces/sharded.ts'
import { mdev_globals } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset

/** Number of invariants that mdev_check looks at. */
export const MDEV_INVARIANTS = 7

/**
 * Looks at the lists, the caches and the global locks.
 * @param parents how many parents should be registered now
 * @param types how many types each of them has
 * @returns one sentence per broken invariant
 */
export function mdev_check(parents: number, types: number): string[] {
  const g = read(ROOT)
  const broken: string[] = []
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) broken.push(`${what}: ${found}, not ${wanted}`)
  }
  expect('devices on mdev_list', list_count(as(g + G.mdev_list)), 0)
  if (!sharded_empty()) broken.push('a bucket of the sharded list is not empty')
  expect('parents on parent_list', list_count(as(g + G.parent_list)), parents)
  expect('mdev devices in memory', kmem_cache_active(as(read(g + G.device_cache))), 0)
  expect('parents in memory', kmem_cache_active(as(read(g + G.parent_cache))), parents)
  expect('types in memory', kmem_cache_active(as(read(g + G.type_cache))), parents * types)
  const locked = [G.mdev_list_lock, G.parent_list_lock].filter((lock) => mutex_is_locked(as(g + lock)))
  expect('global locks held', locked.length, 0)
  return broken
}
