/**
 * gt8: the parent driver of the recorded session that has no VFIO. Two parents, one type, three devices each, which the core
 * counts; its probe answers what it is told to.
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { vendors } from '../mdev/driver.ts'
import { parent_kinds } from '../drivers/parents.ts'

const ROOT = rootAddr('test')
const INSTANCES = 3

/** Parents that it makes. */
export const GT8_COUNT = 2

/** Makes the word that holds what the next probe answers. Boot CPU. */
export function gt8_init(): void {
  WRITE_ONCE(ROOT, alloc_boot(1))
}

/** The next probe fails with this errno, a positive number; the ones after it do not. */
export function gt8_fail_next(errno: number): void {
  WRITE_ONCE(READ_ONCE(ROOT), errno)
}

function answer(): number {
  const errno = READ_ONCE(READ_ONCE(ROOT))
  WRITE_ONCE(READ_ONCE(ROOT), 0)
  return -errno
}

const GT8_OPS = vendors.define('gt8', {
  name: 'gt8',
  types: [{ sysfs_name: 't', name: 'gt type', description: '', device_api: 'gt' }],
  max_instances: INSTANCES,
  create: answer,
  remove: () => 0,
  available: () => INSTANCES,
})

/** Its parents: gtp0, gtp1. */
export const GT8_PARENTS: number = parent_kinds.define('gt8', {
  ops: GT8_OPS,
  dataWords: 1,
  init() {},
  deviceName: (index) => `gtp${index}`,
})
