/**
 * Globals of the driver core: gdp_mutex and the count of devices.
 *
 * Order    device_lock → gdp_mutex → kernfs.
 */
import { read, smp_processor_id, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import {
  alloc_boot,
  alloc_percpu,
  embed,
  kmem_cache_create,
  num_possible_cpus,
  percpuStride,
  ptr,
  rootAddr,
  struct,
  word,
} from '../../mem/index.ts'
import { mutex, mutex_init } from '../../sync/index.ts'
import { class_dir, class_struct, device } from './device_struct.ts'

export const device_globals = struct('device_globals', {
  /** Per-CPU: devices initialised minus devices released. */
  live: word,
  device_cache: ptr('kmem_cache'),
  class_cache: ptr('kmem_cache'),
  class_dir_cache: ptr('kmem_cache'),
  /** Guards the glue directories of all classes. */
  gdp_mutex: embed(mutex),
})
const ROOT = rootAddr('device')
const { live, device_cache, class_cache, class_dir_cache, gdp_mutex } = device_globals.offset
const STRIDE = percpuStride(1)

/** Prepares the globals. Boot CPU only. Returns false when the arena is full. */
export function device_globals_init(): boolean {
  const g = alloc_boot(device_globals.words)
  const counters = alloc_percpu(1)
  const caches = [device, class_struct, class_dir].map(kmem_cache_create)
  if (g === 0 || counters === 0 || caches.includes(as(0))) return false
  write(g + live, counters)
  write(g + device_cache, caches[0] as number)
  write(g + class_cache, caches[1] as number)
  write(g + class_dir_cache, caches[2] as number)
  mutex_init(as(g + gdp_mutex), 'gdp_mutex')
  write(ROOT, g)
  return true
}

/** Cache of devices made by device_create. */
export function deviceCache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + device_cache))
}
/** Cache of classes. */
export function classCache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + class_cache))
}
/** Cache of glue directories. */
export function classDirCache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + class_dir_cache))
}
/** Lock of the glue directories. */
export function gdpMutex(): Addr<'mutex'> {
  return as(read(ROOT) + gdp_mutex)
}

/** Counts a device in (+1) or out (-1). */
export function count_device(delta: number): void {
  const mine = read(read(ROOT) + live) + smp_processor_id() * STRIDE
  write(mine, read(mine) + delta)
}

/** Devices initialised and not released. Exact only while no CPU runs. */
export function live_devices(): number {
  let sum = 0
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) sum += read(read(read(ROOT) + live) + cpu * STRIDE)
  return sum
}
