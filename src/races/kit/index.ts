/**
 * `lockstorm/kit`: what the bodies of a race, a model, or a seam of your own call. It is kernel-side code: it runs on a worker
 * that is a CPU, and reaches memory by address. Locks are in `lockstorm/kernel-sync`, memory in `lockstorm/mem`.
 */
export {
  cmpxchg,
  cpu_relax,
  data_race,
  fetch_add,
  fetch_and,
  fetch_or,
  fetch_sub,
  futex_wait,
  futex_wake,
  ktime_get_ns,
  read,
  READ_ONCE,
  smp_processor_id,
  write,
  WRITE_ONCE,
  xchg,
} from '#access'
export { as, type Addr } from '../../base/addr.ts'
export * from '../../base/errno.ts'
export { sysfs_list, sysfs_read, sysfs_write } from '../../kernel/index.ts'
export { alloc_boot } from '../../mem/arena.ts'
export { mdev_device, mdev_parent } from '../../mdev/types.ts'
export { trace_point } from '#trace'
export * from './shell.ts'
