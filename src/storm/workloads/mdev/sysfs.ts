/**
 * The workload of the 2018 thread: devices are created and removed through their sysfs files, as a user's shell does it,
 * `open, write, close` each.
 */
import { read, smp_processor_id, write } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import { ENOMEM } from '../../../base/errno.ts'
import {
  COST_CREATE,
  COST_REMOVE,
  parent_plug,
  parent_unplug,
  seed_cost,
  set_cost,
  start_kernel,
} from '../../../drivers/index.ts'
import {
  kernfs_put,
  O_WRONLY,
  path_compile,
  path_lookup,
  qstr,
  sys_path,
  uuid_parse,
  vfs_close,
  vfs_open,
  vfs_write,
} from '../../../kernel/index.ts'
import { describeNode, registerParentLocks, registerSystemLocks } from '../../../machine/mdev_names.ts'
import { gauge_init, gauge_read, gauge_reset } from '../../../mdev/index.ts'
import { mdev_list_lock } from '../../../mdev/namespaces/list.ts'
import { current, task_struct } from '../../../mem/task.ts'
import { mutex_lock } from '../../../sync/index.ts'
import { createPath, emulated } from '../../drivers.ts'
import { PHASES } from './area.ts'
import type { Operation } from './operations.ts'
import { costWords } from './vendor.ts'
import type { MdevKernel, StormMachine } from './kernel.ts'
import { checkup, rememberFresh } from './check.ts'
import type { StormPlan } from '../../../results/storm.ts'

/** What a CPU keeps of a machine: compiled paths, and the operations it was told to prepare. */
interface Self {
  readonly machine: StormMachine
  readonly create: readonly number[]
  readonly remove: number
  ops: readonly Operation[]
  /** Four words per operation. */
  uuids: Int32Array
}
/** By machine and CPU. A worker serves several machines in turn; `self` is the present one. */
const selves = new Map<string, Self>()
let self: Self
/** The uuid is the fourth name below /sys: bus, mdev, devices, uuid, remove. */
const UUID_WORDS = sys_path.offset.names + 3 * qstr.words + 1
const NO_UUID = '00000000-0000-0000-0000-000000000000'
const SCRATCH = task_struct.offset.stack

/** Microseconds that devtmpfs is busy with one node, where it is asked for. */
const NODE_US = 20

/** vfio.group_lock and devtmpfs are taken where every device has a group and a node: then vfio is there, too. */
function takesGroups(locks: StormPlan['secondOrder']): boolean {
  return typeof locks !== 'boolean' && (locks.includes('vfio') || locks.includes('devtmpfs'))
}

function boot(machine: StormMachine): number {
  const { plan, strategy, capacity } = machine
  const { parents, secondOrder, seed } = plan
  const driver = emulated(plan)
  const vfio = takesGroups(secondOrder)
  const devices = machine.devices ?? parents * plan.devices
  const options = { strategy, driver, parents, secondOrder, seed, vfio, devtmpfsUs: NODE_US, devices }
  const ret = start_kernel(options)
  if (ret !== 0) return ret
  if (!gauge_init(PHASES * capacity)) return -ENOMEM
  registerSystemLocks()
  registerParentLocks(plan.parents)
  return rememberFresh()
}

function attach(machine: StormMachine): void {
  const key = `${machine.id}/${smp_processor_id()}`
  self = selves.get(key) ?? board(machine)
  selves.set(key, self)
}

function board(machine: StormMachine): Self {
  const { parents } = machine.plan
  const driver = emulated(machine.plan)
  return {
    machine,
    create: Array.from({ length: parents }, (_, parent) => compile(createPath(driver, parent))),
    remove: compile(`/sys/bus/mdev/devices/${NO_UUID}/remove`),
    ops: [],
    uuids: new Int32Array(0),
  }
}

function compile(path: string): number {
  const made = path_compile(path)
  if (made < 0) throw new Error(`no memory for the path ${path}`)
  return made
}

function prepare(ops: readonly Operation[]): void {
  self.ops = ops
  self.uuids = new Int32Array(4 * ops.length)
  const scratch = current() + SCRATCH
  for (const [i, op] of ops.entries()) {
    if (op.uuid === '') continue
    uuid_parse(op.uuid, scratch)
    for (let k = 0; k < 4; k++) self.uuids[4 * i + k] = read(scratch + k)
  }
}

/** echo text > path. Returns 0 or a negative errno. */
function echo(path: number, text: string): number {
  const kn = path_lookup(path as Addr<'sys_path'>)
  if (kn < 0) return kn
  const of = vfs_open(as(kn), O_WRONLY)
  kernfs_put(as(kn))
  if (of < 0) return of
  const ret = vfs_write(as(of), text)
  vfs_close(as(of))
  return Math.min(ret, 0)
}

function create(index: number): number {
  const op = self.ops[index] as Operation
  return echo(self.create[op.parent] as number, op.uuid)
}

function remove(index: number): number {
  for (let k = 0; k < 4; k++) write(self.remove + UUID_WORDS + k, self.uuids[4 * index + k] as number)
  return echo(self.remove, '1')
}

export const sysfs: MdevKernel = {
  boot,
  attach,
  prepare,
  create,
  remove,
  arm(vendor, round) {
    set_cost(COST_CREATE, ...costWords(vendor.create))
    set_cost(COST_REMOVE, ...costWords(vendor.remove))
    seed_cost(self.machine.plan.seed + round)
    gauge_reset()
  },
  unregister: parent_unplug,
  register(parent) {
    const ret = parent_plug(parent)
    registerParentLocks(self.machine.plan.parents)
    return ret
  },
  check: () => checkup(self.machine.plan),
  grab() {
    mutex_lock(mdev_list_lock())
  },
  work: gauge_read,
  describe: describeNode,
}
