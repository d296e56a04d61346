/**
 * The program of a VFIO storm's machine. CPU 0 unplugs cards and plugs them, CPU 1 changes the mode of cards, all others create,
 * use and remove devices.
 *
 *   slice   CPUs meet and do their things at random until CPU 0 finds the time up; then every card is plugged and a parent, every
 *           device is removed, and nothing of any device, group or user is left.
 */
import { cpu_relax, ktime_get_ns } from '#access'
import { EINVAL, ENODEV, ENOMEM } from '../../../base/errno.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { Rng } from '../../../base/rng.ts'
import { cost_init } from '../../../drivers/cost.ts'
import { parent_device, parent_plug, parent_unplug, parents_init } from '../../../drivers/parents.ts'
import { kernel_init } from '../../../kernel/init.ts'
import { sysfs_list } from '../../../kernel/path_io.ts'
import { barrier_wait } from '../../../sync/barrier.ts'
import { beat } from '../../../machine/cpu.ts'
import { round_barrier } from '../../../machine/globals.ts'
import type { Program } from '../../../machine/program.ts'
import { mdev_init } from '../../../mdev/init.ts'
import { strategyNamed } from '../../../mdev/strategies.ts'
import { strings_init } from '../../../mem/strings.ts'
import type { VfioPlan } from '../../../results/vfio_storm.ts'
import { vfio_init } from '../../../vfio/init.ts'
import { VFIO_VENDOR_DRIVER } from '../../../vfio/vfio_mdev.ts'
import { rememberFresh } from '../mdev/check.ts'
import {
  leave_slice,
  left_slice,
  LEGACY,
  note,
  open_slice,
  PLUG,
  stop_slice,
  stopped,
  SWITCHDEV,
  UNPLUG,
  vfio_area_init,
} from './area.ts'
import { card_mode_set, CARD_PARENTS } from './card.ts'
import { checkVfio } from './check.ts'
import { removeAll, userLoop } from './users.ts'

/** Commands. Arguments of a slice: its number, milliseconds, CPUs. */
export const OP_SLICE = 1
export const OP_CHECK = 2

/** CPUs that are not users. */
export const OTHER_CPUS = 2
/** A user who is in the way is asked again after so long, microseconds. */
const REQUEST_PERIOD_US = 10_000
/** Looks of CPU 0 and 1 between two of their deeds, and turns of each. */
const PAUSES = 40
const TURNS = 500

/** Handed to boot. */
export interface VfioMachine {
  readonly plan: VfioPlan
  readonly strategy: string
}

/** What the commands want to know of the machine that this worker serves now. */
const self: { plan: VfioPlan | undefined } = { plan: undefined }

function boot({ strategy, plan: { seed, parents } }: VfioMachine): number {
  const s = strategyNamed(strategy)
  if (s === undefined) return -EINVAL
  if (!strings_init()) return -ENOMEM
  const error = kernel_init() || (cost_init(seed) ? 0 : -ENOMEM) || mdev_init(s)
  if (error !== 0) return error
  const ret =
    vfio_init({ requestPeriodUs: REQUEST_PERIOD_US }) ||
    parents_init(CARD_PARENTS, parents, VFIO_VENDOR_DRIVER)
  if (ret !== 0) return ret
  return vfio_area_init() ? rememberFresh() : -ENOMEM
}

/** Lets the users do something. */
function pauseAWhile(rng: Rng): void {
  for (let left = rng.below(PAUSES); left > 0 && !stopped(); left--) {
    for (let turn = 0; turn < TURNS; turn++) cpu_relax()
  }
}

/** CPU 0: cards go and come until the time is up. Stops the slice. */
function unplugger(rng: Rng, parents: number, ms: number): void {
  const end = ktime_get_ns() + ms * NSEC_PER_MSEC
  for (let n = 0; ktime_get_ns() < end; n++) {
    beat(4, n)
    const card = rng.below(parents)
    note(UNPLUG, parent_unplug(card))
    pauseAWhile(rng)
    note(PLUG, parent_plug(card))
    pauseAWhile(rng)
  }
  stop_slice()
}

/** CPU 1: cards change their mode until the slice is over. */
function modeChanger(rng: Rng, parents: number): void {
  for (let n = 0; !stopped(); n++) {
    beat(5, n)
    const card = rng.below(parents)
    note(LEGACY, card_mode_set(card, false))
    pauseAWhile(rng)
    note(SWITCHDEV, card_mode_set(card, true))
    pauseAWhile(rng)
  }
}

/**
 * Every card is plugged and a parent, and no device is left. CPU 0, alone. Returns how many devices only their parent could
 * remove: a user had written to `remove` before they were complete (-EAGAIN), and since 5.2 (5715c4dd66a3) that file does not come back.
 */
function settle({ parents, devices }: VfioPlan): number {
  removeAll(devices)
  const left = sysfs_list('/sys/bus/mdev/devices')
  for (let card = 0; card < parents; card++) {
    if (parent_device(card) === 0) parent_plug(card)
    card_mode_set(card, false)
    card_mode_set(card, true)
  }
  return typeof left === 'number' ? 0 : left.length
}

function runSlice(plan: VfioPlan, [number = 0, ms = 0, cpus = 0]: readonly number[], cpu: number): number {
  const { parents, devices, control, seed } = plan
  const rng = new Rng(seed + number, cpu)
  if (cpu === 0) open_slice()
  barrier_wait(round_barrier())
  if (cpu === 0) unplugger(rng, parents, ms)
  else if (cpu === 1) modeChanger(rng, parents)
  else userLoop({ rng, parents, devices, control })
  beat(0, 0)
  leave_slice()
  if (cpu !== 0) return 0
  for (let n = 0; left_slice() < cpus; n++) {
    beat(6, n)
    cpu_relax()
  }
  const left = settle(plan)
  beat(0, 0)
  return left
}

export const program: Program = {
  operations: ['idle', 'create', 'remove', 'use', 'unplug', 'mode change', 'wait for the others'],
  boot: (arg) => boot(arg as VfioMachine),
  attach(_cpu, arg) {
    self.plan = (arg as VfioMachine).plan
  },
  command(opcode, args, cpu) {
    const { plan } = self
    if (plan === undefined) return -ENODEV
    if (opcode === OP_CHECK) return checkVfio(plan)
    return runSlice(plan, args, cpu)
  },
}
