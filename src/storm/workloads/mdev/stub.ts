/**
 * The smallest workload: one mutex, one list of uuids, the declared cost inside the lock. It tests the harness, which
 * must find exactly one create in flight and every duplicate refused; it is no strategy of anybody's.
 */
import { read, write } from '#access'
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
import {
  WORK_CREATE,
  WORK_REMOVE,
  work_begins,
  work_ends,
  work_log_alloc,
  work_log_read,
  work_log_reset,
} from '../../../mdev/work_log.ts'
import { alloc_boot, rootAddr } from '../../../mem/arena.ts'
import { strings_init } from '../../../mem/strings.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../../sync/index.ts'
import { PHASES } from './area.ts'
import type { Operation } from './operations.ts'
import { costWords } from './vendor.ts'
import type { MdevKernel, StormMachine } from './kernel.ts'

/** Globals: the mutex, number of devices, then a table of the hashes of their uuids. */
const ROOT = rootAddr('test')
const LOG = rootAddr('mdev')
const COUNT = mutex.words
const TABLE = COUNT + 1
const SLOTS = 4096
const self = { ops: [] as readonly Operation[], hashes: [] as number[] }

function boot(machine: StormMachine): number {
  const globals = alloc_boot(TABLE + SLOTS)
  if (globals === 0 || !strings_init() || !cost_init(machine.plan.seed)) return -ENOMEM
  write(LOG, work_log_alloc(PHASES * machine.capacity))
  if (read(LOG) === 0) return -ENOMEM
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

/** Runs `step` under the lock, with its work logged if it succeeds. */
function locked(operation: number, cost: number, index: number, step: (hash: number) => number): number {
  mutex_lock(as(read(ROOT)))
  work_begins(read(LOG), operation, (self.ops[index] as Operation).parent)
  const ret = step(self.hashes[index] as number)
  if (ret === 0) {
    vendor_cost(cost)
    work_ends(read(LOG))
  }
  mutex_unlock(as(read(ROOT)))
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

export const stub: MdevKernel = {
  boot,
  attach() {},
  arm(vendor, round) {
    set_cost(COST_CREATE, ...costWords(vendor.create))
    set_cost(COST_REMOVE, ...costWords(vendor.remove))
    seed_cost(round)
    work_log_reset(read(LOG))
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
  work: (cpu) => work_log_read(read(LOG), cpu),
  describe: () => '',
}
