/**
 * Bodies that add and remove devices on one bus, each CPU below a parent of its own.
 */
import { read, write } from '#access'
import { as, NULL } from '../../src/base/index.ts'
import * as k from '../../src/kernel/index.ts'
import {
  alloc_boot,
  intern,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  rootAddr,
} from '../../src/mem/index.ts'

const ROOT = rootAddr('test')
const BUS = 0
const DRIVER = 1
const CACHE = 2
const PARENTS = 4

const busOps = k.bus_ops.define('bodies', {})
const drvOps = k.driver_ops.define('bodies', { probe: () => 0, remove: () => {} })
const attr = k.define_attribute<'device'>('bodies.attr', {
  name: 'remove',
  mode: 0o200,
  store: (_dev, text) => text.length,
})
const groups = k.define_groups('bodies', [{ attrs: [attr] }])
const release = k.device_releases.define('bodies', (dev) => {
  kmem_cache_free(as(read(read(ROOT) + CACHE)), k.device, dev)
})
const MDEV = k.static_name('mdev')
const MTTY = k.static_name('mtty')

/** Fills a new device; 0 for no memory. */
function make(parent: k.Device): k.Device {
  const g = read(ROOT)
  const dev = kmem_cache_zalloc(as<'kmem_cache'>(read(g + CACHE)), k.device)
  k.device_initialize(dev)
  write(dev + k.device.offset.parent, parent)
  write(dev + k.device.offset.release, release)
  write(dev + k.device.offset.groups, groups)
  if (parent !== 0) write(dev + k.device.offset.bus, read(g + BUS))
  return dev
}

/** Makes the bus, a driver, and a parent per CPU. */
export function setup(_cpu: number, _cpus: number, arg: { parents: number }): k.KernelCounts {
  const g = alloc_boot(PARENTS + arg.parents)
  write(ROOT, g)
  const bus = as<'bus_type'>(alloc_boot(k.bus_type.words))
  const drv = as<'device_driver'>(alloc_boot(k.device_driver.words))
  write(g + BUS, bus)
  write(g + DRIVER, drv)
  write(g + CACHE, kmem_cache_create(k.device))
  k.bus_register(bus, k.qstr_of(MDEV), busOps)
  k.driver_init(drv, k.qstr_of(MTTY), bus, NULL, drvOps)
  k.driver_register(drv)
  for (let i = 0; i < arg.parents; i++) {
    const parent = make(NULL)
    k.qstr_set_number(k.dev_name(parent), intern('gpu'), i)
    k.device_add(parent)
    write(g + PARENTS + i, parent)
  }
  return k.kernel_counts()
}

/** Adds and removes `rounds` devices. Returns the number of errors. */
export function churn(cpu: number, _cpus: number, arg: { rounds: number }): number {
  const parent = as<'device'>(read(read(ROOT) + PARENTS + cpu - 1))
  let errors = 0
  for (let i = 0; i < arg.rounds; i++) {
    const dev = make(parent)
    k.qstr_set_uuid(k.dev_name(dev), cpu, i, 0, 0)
    const error = k.device_add(dev)
    if (error !== 0) errors++
    else k.device_del(dev)
    k.put_device(dev)
  }
  return errors
}

/** Adds and removes devices whose names all CPUs fight for on the bus. Returns how many adds succeeded. */
export function fight(cpu: number, _cpus: number, arg: { rounds: number }): number {
  const parent = as<'device'>(read(read(ROOT) + PARENTS + cpu - 1))
  let added = 0
  for (let i = 0; i < arg.rounds; i++) {
    const dev = make(parent)
    k.qstr_set_uuid(k.dev_name(dev), 0, i & 1, 0, 0)
    if (k.device_add(dev) === 0) {
      added++
      k.device_del(dev)
    }
    k.put_device(dev)
  }
  return added
}

/** Walks the devices of the bus and of the driver while others change them. Returns how many it saw. */
export function walk(_cpu: number, _cpus: number, arg: { rounds: number }): number {
  const bus = as<'bus_type'>(read(read(ROOT) + BUS))
  const drv = as<'device_driver'>(read(read(ROOT) + DRIVER))
  let seen = 0
  const see = (dev: k.Device): number => {
    if (read(k.dev_name(dev)) !== 0) seen++
    return 0
  }
  for (let i = 0; i < arg.rounds; i++) {
    k.bus_for_each_dev(bus, see)
    k.driver_for_each_device(drv, see)
  }
  return seen
}

/** What is left after the run. */
export function counts(): k.KernelCounts & { busy: string[]; dangling: string[] } {
  return { ...k.kernel_counts(), busy: k.busy_nodes(), dangling: k.dangling_links() }
}

/** JS heap bytes per device that adding and removing costs: the least of some windows, so that compilation is over. */
export function heapPerDevice(cpu: number, cpus: number, arg: { rounds: number; litter: boolean }): number {
  const bin: object[] = []
  churn(cpu, cpus, { rounds: arg.rounds * 10 })
  let least = Infinity
  for (let window = 0; window < 10; window++) {
    const before = process.memoryUsage().heapUsed
    churn(cpu, cpus, arg)
    if (arg.litter) for (let i = 0; i < arg.rounds; i++) bin[i & 7] = { i }
    const used = process.memoryUsage().heapUsed - before
    if (used >= 0) least = Math.min(least, used / arg.rounds)
  }
  return least
}
