/**
 * The smallest workload: one mutex, one list of uuids, the declared cost inside the lock. It tests the harness, which
 * must find exactly one create in flight and every duplicate refused; it is no strategy of anybody's.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { as } from '../../../base/addr.ts'
import { EEXIST, ENODEV, ENOMEM } from '../../../base/errno.ts'
import { hashName } from '../../../base/ops.ts'
import {
  COST_CREATE,
  COST_REMOVE,
  cost_init,
  seed_cost,
  set_cost,
  vendor_cost,
} from '../../../drivers/cost.ts'
import { LOCK_KIND_MUTEX, register_lock } from '../../../machine/lock_registry.ts'
import { WORK_CREATE, WORK_REMOVE, type Work } from '../../../mdev/gauge.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../../../mem/arena.ts'
import { strings_init } from '../../../mem/strings.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../../sync/index.ts'
import type { Operation } from './operations.ts'
import { costWords } from './vendor.ts'
import type { MdevKernel, StormMachine } from './kernel.ts'

/** Globals: the mutex, number of devices, then a table of the hashes of their uuids. */
const ROOT = rootAddr('test')
const COUNT = mutex.words
const TABLE = COUNT + 1
const SLOTS = 4096
/** Per CPU: number of pieces of work, then operation, parent, and two times of two words each. */
const LOG = 16 * 1024
const HIGH = 0x1_0000_0000
const self = { ops: [] as readonly Operation[], hashes: [] as number[] }

function boot(machine: StormMachine): number {
  const globals = alloc_boot(TABLE + SLOTS + LOG * num_possible_cpus())
  if (globals === 0 || !strings_init() || !cost_init(machine.plan.seed)) return -ENOMEM
  write(ROOT, globals)
  mutex_init(as(globals), 'stub')
  register_lock(globals, LOCK_KIND_MUTEX, 'stub')
  return 0
}

function slotOf(hash: number): number {
  const count = read(read(ROOT) + COUNT)
  for (let i = 0; i < count; i++) if (read(read(ROOT) + TABLE + i) === hash) return i
  return -1
}

function log_of(cpu: number): number {
  return read(ROOT) + TABLE + SLOTS + cpu * LOG
}

function stamp(at: number): void {
  const now = ktime_get_ns()
  write(at, now)
  write(at + 1, now / HIGH)
}

/** Runs `step` under the lock, with its work logged if it succeeds. */
function locked(operation: number, cost: number, index: number, step: (hash: number) => number): number {
  const log = log_of(smp_processor_id())
  const at = log + 1 + 6 * read(log)
  mutex_lock(as(read(ROOT)))
  stamp(at + 2)
  const ret = step(self.hashes[index] as number)
  if (ret === 0) vendor_cost(cost)
  stamp(at + 4)
  mutex_unlock(as(read(ROOT)))
  write(at, operation)
  write(at + 1, (self.ops[index] as Operation).parent)
  if (ret === 0) write(log, read(log) + 1)
  return ret
}

function insert(hash: number): number {
  if (slotOf(hash) >= 0) return -EEXIST
  const count = read(read(ROOT) + COUNT)
  write(read(ROOT) + TABLE + count, hash)
  write(read(ROOT) + COUNT, count + 1)
  return 0
}

function erase(hash: number): number {
  const slot = slotOf(hash)
  if (slot < 0) return -ENODEV
  const last = read(read(ROOT) + COUNT) - 1
  write(read(ROOT) + TABLE + slot, read(read(ROOT) + TABLE + last))
  write(read(ROOT) + COUNT, last)
  return 0
}

function time(at: number): number {
  return (read(at) >>> 0) + read(at + 1) * HIGH
}

export const stub: MdevKernel = {
  boot,
  attach() {},
  arm(vendor, round) {
    set_cost(COST_CREATE, ...costWords(vendor.create))
    set_cost(COST_REMOVE, ...costWords(vendor.remove))
    seed_cost(round)
    for (let cpu = 0; cpu < num_possible_cpus(); cpu++) write(log_of(cpu), 0)
  },
  prepare(ops) {
    self.ops = ops
    self.hashes = ops.map((op) => hashName(op.uuid))
  },
  create: (index) => locked(WORK_CREATE, COST_CREATE, index, insert),
  remove: (index) => locked(WORK_REMOVE, COST_REMOVE, index, erase),
  unregister: () => 0,
  register: () => 0,
  check() {
    const leaked = read(read(ROOT) + COUNT)
    const broken = leaked === 0 ? [] : [`devices in the list: ${leaked}, not 0`]
    return { checked: 1, broken, leaked, warned: 0, oopses: [] }
  },
  grab() {
    mutex_lock(as(read(ROOT)))
  },
  work(cpu) {
    const log = log_of(cpu)
    return Array.from({ length: read(log) }, (_, i): Work => {
      const at = log + 1 + 6 * i
      return { operation: read(at), parent: read(at + 1), startNs: time(at + 2), endNs: time(at + 4) }
    })
  },
  describe: () => '',
}
