/**
 * The program of an unplug storm's machine. CPU 0 plugs and unplugs the card, CPU 1 serves its interrupts, the next CPUs use the
 * device, the last ones sleep in it.
 *
 *   slice   CPUs meet; CPU 0 plugs, waits until the others are at it, unplugs, and so on until the time is up; then
 *           every user closes its files, the card is out, and nothing of any gadget is left in memory.
 *
 * Rule   a moment is chosen by what the users have done, never by a sleep; a nap only looks whether it has come.
 */
import { ktime_get_ns } from '#access'
import { as } from '../../../base/addr.ts'
import { EINVAL, ENOMEM, errname } from '../../../base/errno.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { hashName } from '../../../base/ops.ts'
import { Rng } from '../../../base/rng.ts'
import {
  fenceNamed,
  fence,
  fence_enter,
  fence_file,
  fence_init,
  fence_leave,
  fence_open,
  fences_init,
  gadget_counts,
  gadget_fence_file,
  gadget_newest_devt,
  gadget_slot_create,
  gadget_unregister_ns,
  type FenceType,
} from '../../../fences/index.ts'
import * as k from '../../../kernel/index.ts'
import { alloc_boot } from '../../../mem/arena.ts'
import { strings_init } from '../../../mem/strings.ts'
import { barrier_wait } from '../../../sync/barrier.ts'
import { beat } from '../../../machine/cpu.ts'
import { round_barrier } from '../../../machine/globals.ts'
import type { Program } from '../../../machine/program.ts'
import type { UnplugPlan } from '../../../results/unplug.ts'
import {
  all_asleep,
  area,
  CLOSE,
  DONE,
  nap,
  note_unplug,
  PLUGGED,
  PROGRESS,
  reset_shared,
  SERVE_STOP,
  OTHER_FILE,
  SLOT,
  STOP,
  STRANGER,
  TOLD,
  unplug_area_init,
} from './area.ts'
import { busy_user, OP_UNPLUG, sleeper, stranger } from './users.ts'

/** Commands. Arguments of a slice: its number, milliseconds, users, sleepers, unplugs at most (0: no limit), situation, pace. */
export const OP_SLICE = 1
export const OP_COST = 2
export const OP_CHECK = 3

/** Handed to boot. */
export interface UnplugMachine {
  readonly plan: UnplugPlan
  readonly fence: string
}

/** What is left when a slice is over and the card is out. */
export interface UnplugCheck {
  readonly late: number
  readonly unmapped: number
  readonly broken: readonly string[]
}

/** CPUs that are neither users nor sleepers. */
export const OTHER_CPUS = 2
/** Longest time that CPU 0 waits for everybody to be at it, and between two looks. */
const READY_MS = 2000
const LOOK_NS = 500_000
const COST_ROUNDS = 20_000
const COST_BATCHES = 25

/** What the commands want to know of the machine that this worker serves now. */
const self = { patienceMs: 0, seed: 0, wakes: false }

function boot({ plan, fence }: UnplugMachine): number {
  const type = fenceNamed(fence)
  if (type === undefined) return -EINVAL
  if (!strings_init()) return -ENOMEM
  const error = k.kernel_init({}) || k.chardev_subsystems_init() || fences_init(type, plan.patienceMs * 1000)
  if (error !== 0) return error
  if (!unplug_area_init()) return -ENOMEM
  k.mmio_set_policy(k.MMIO_COUNT)
  const slot = gadget_slot_create()
  area.set(SLOT, slot)
  return Math.min(slot, other_device(type))
}

/** The fence of another device, and a file of it. Returns 0 or a negative errno. */
function other_device({ name }: FenceType): number {
  const f = alloc_boot(fence.words)
  const file = alloc_boot(fence_file.words)
  if (f === 0 || file === 0) return -ENOMEM
  area.set(OTHER_FILE, file)
  return fence_init(as(f), hashName(name)) || fence_open(as(f), as(file))
}

function slot(): k.PciSlot {
  return as(area.value(SLOT))
}

/** Naps until `ready()`, or until the deadline. Users who get on with it end a nap. */
function look_until(ready: () => boolean, deadline: number): void {
  for (;;) {
    beat(OP_UNPLUG, 0)
    const seen = area.value(PROGRESS)
    if (ready() || ktime_get_ns() > deadline) return
    nap(PROGRESS, seen, LOOK_NS)
  }
}

/** Waits until all sleepers are asleep; then until users have given so many signs, as without sleepers. */
function wait_for_users(users: number, sleepers: number, pace: number): void {
  const deadline = ktime_get_ns() + READY_MS * NSEC_PER_MSEC
  look_until(() => all_asleep(OTHER_CPUS + users, sleepers), deadline)
  const target = area.value(PROGRESS) + pace
  look_until(() => area.value(PROGRESS) >= target, deadline)
}

/** CPU 0 in a slice. */
function plugger([
  ,
  ms = 0,
  users = 0,
  sleepers = 0,
  most = 0,
  situation = 0,
  pace = 0,
]: readonly number[]): void {
  const end = ktime_get_ns() + ms * NSEC_PER_MSEC
  const limit = most === 0 ? Infinity : most
  for (let n = 0; n < limit && ktime_get_ns() < end; n++) {
    beat(OP_UNPLUG, n)
    const error = k.pci_plug(slot())
    if (error !== 0) throw new Error(`pci_plug: ${errname(error)}`)
    area.bump(PLUGGED)
    wait_for_users(users, sleepers, pace)
    k.pci_unplug(slot())
    note_unplug(situation, gadget_unregister_ns(0))
    note_unplug(CLOSE + situation, gadget_unregister_ns(2))
    if (sleepers > 0 && self.wakes) note_unplug(TOLD, gadget_unregister_ns(1))
  }
  area.set(STOP, 1)
  area.bump(PLUGGED)
  for (;;) {
    const done = area.value(DONE)
    if (done === users + sleepers) break
    nap(DONE, done, LOOK_NS)
  }
  k.serve_stop(area.shared(SERVE_STOP))
}

function runSlice(args: readonly number[], cpu: number): void {
  const [number = 0, , users = 0, , , situation = 0] = args
  if (cpu === 0) reset_shared()
  barrier_wait(round_barrier())
  if (cpu === 0) plugger(args)
  else if (cpu === 1) k.serve(area.shared(SERVE_STOP), undefined, () => beat(0, 0))
  else if (situation === STRANGER) stranger()
  else if (cpu < OTHER_CPUS + users) busy_user(new Rng(self.seed + number, cpu))
  else sleeper(cpu % 2 === 1, self.wakes, self.patienceMs)
  beat(0, 0)
}

/** Nanoseconds of entering and leaving: the best of some batches, on this CPU alone. */
function readSideNs(): number {
  k.pci_plug(slot())
  const open = as<'file'>(k.chrdev_open(gadget_newest_devt(), k.O_RDWR))
  const file = gadget_fence_file(open)
  const batches = Array.from({ length: COST_BATCHES }, () => {
    const start = ktime_get_ns()
    for (let i = 0; i < COST_ROUNDS; i++) fence_leave(file, fence_enter(file))
    return (ktime_get_ns() - start) / COST_ROUNDS
  })
  k.sys_close(open)
  k.pci_unplug(slot())
  return Math.min(...batches)
}

function some(what: string, found: number): string[] {
  return found === 0 ? [] : [`${what}: ${found}, not 0`]
}

function check(): UnplugCheck {
  const { gadgets, files, late } = gadget_counts()
  const { reads, writes } = k.mmio_faults()
  const broken = [
    ...some('gadgets left', gadgets),
    ...some('files of gadgets left', files),
    ...some('files left open', k.open_char_files()),
    ...some('managed resources left', k.live_devres()),
    ...some('PCI devices left', k.live_pci_devs()),
    ...some('Oopses', k.oops_count()),
  ]
  return { late, unmapped: reads + writes, broken }
}

export const program: Program = {
  operations: ['idle', 'open', 'read', 'write', 'poll', 'wait', 'unplug'],
  boot: (arg) => boot(arg as UnplugMachine),
  attach(_cpu, arg) {
    const { plan, fence } = arg as UnplugMachine
    self.wakes = fenceNamed(fence)?.wakes === true
    self.patienceMs = plan.patienceMs
    self.seed = plan.seed
  },
  command(opcode, args, cpu) {
    if (opcode === OP_CHECK) return check()
    if (opcode === OP_COST) return readSideNs()
    runSlice(args, cpu)
    return undefined
  },
}
