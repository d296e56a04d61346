/**
 * The races of mdev and devlink once more, with a driver that has declared a change: its mode change begins to unregister under the
 * locks of the request, and ends without them.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     enters the gate
 *     mlx5_sf_unload()
 *     [...]                                 genl_rcv()
 *                                             mutex_lock(&devlink_mutex)
 *                                             mdev_unregister_begin()   /* waits for nobody *\/
 *                                             mutex_unlock(&devlink_mutex)
 *     devlink_unregister()
 *       mutex_lock(&devlink_mutex)
 *     leaves the gate
 *                                           devlink_settle()
 *                                             mdev_unregister_finish()
 *
 * Why      with the contract of the mails no gate can: docs/unregister-under-a-lock.md. Where the strategy has no halves, the driver does
 *          as before.
 */
import { cpu_relax, READ_ONCE, WRITE_ONCE } from '#access'
import {
  devlink_count,
  ESWITCH_SWITCHDEV,
  MLX5_DEFERRED,
  MLX5_IN_HALVES,
  mlx5_mode_set,
  mlx5_unregisters,
  parent_unplug,
} from '../../drivers/index.ts'
import { process_one_work } from '../../kernel/index.ts'
import type { Strategy } from '../../mdev/strategies.ts'
import { END, prevented, step, type Finding, type Scenario } from '../../define/race.ts'
import { boundSf, MLX5_BOOT, modeLegacy } from '../kit/devlink.ts'
import { mdevsLeft } from '../kit/left.ts'
import { echoRemove } from '../kit/shell.ts'
import { devlink_create } from './create.ts'
import { devlink_deadlock } from './deadlock.ts'
import { devlink_order, devlink_order_probed_2019 } from './order.ts'
import { devlink_self } from './self.ts'

/** Word of the scenario: the mode change has returned. */
const CHANGED = 0

const HALVES = 'mlx5 ends its unregistration without the lock'
const DEFERRED = 'mlx5 leaves the end of its unregistration to a work item'

const hasHalves = ({ gate }: Strategy): boolean => gate.close !== undefined
/** The words for the cell, where the strategy lets the driver do so. */
const says =
  (text: string) =>
  (strategy: Strategy): string | undefined =>
    hasHalves(strategy) ? text : undefined

/** Nothing is left but the card's own instance of devlink. */
function allGone(instances: number): Finding {
  const found = devlink_count()
  const devlinks = found === instances ? [] : [`instances of devlink: ${found}, not ${instances}`]
  return { happened: false, broken: [...mdevsLeft(0), ...devlinks] }
}

const common = { check: () => allGone(1), inAnyOrder: { check: () => allGone(1) }, only: hasHalves } as const

/** The race with the driver's change; `answers` where the strategy has halves. */
function inHalves(race: Scenario, answers: string): Scenario {
  return {
    ...race,
    ...common,
    name: `${race.name.replace('-2019', '')}-halves`,
    title: `${race.title}; the driver unregisters in two halves`,
    symptom: 'none',
    fix: 'the first half under the lock of the caller, the second without it',
    setup: (words) => {
      mlx5_unregisters(0, MLX5_IN_HALVES)
      return race.setup?.(words) ?? 0
    },
    vendor: says(HALVES),
    expect: (strategy) => (hasHalves(strategy) ? prevented(answers) : race.expect(strategy)),
  }
}

/** The worker of the queue comes when the mode has changed (under-lock-deferred has it beside the request). */
function worker(words: number): number {
  while (READ_ONCE(words + CHANGED) === 0) cpu_relax()
  while (process_one_work());
  return 0
}

function modeDeferred(words: number): number {
  const ret = modeLegacy()
  WRITE_ONCE(words + CHANGED, 1)
  return ret
}

export const devlink_deadlock_deferred: Scenario = {
  ...devlink_deadlock,
  ...common,
  name: 'devlink-deadlock-deferred',
  title: `${devlink_deadlock.title}; a work item ends the unregistration`,
  symptom: 'none; but the request is over before the devices are gone',
  fix: 'the first half under the lock of the caller, the second in a work item that pins the module',
  setup() {
    mlx5_unregisters(0, MLX5_DEFERRED)
    return boundSf()
  },
  cpus: [() => echoRemove(), modeDeferred, worker],
  schedule: [step(0, 'enter mlx5_sf_unload'), step(1, END), step(0, END), step(2, END)],
  vendor: says(DEFERRED),
  expect: () => prevented('ok ok ok'),
}

/** The two that a driver with halves brings with it: the mode is changed back, or the card pulled, before the second half is over. */
const during = {
  ...common,
  source: 'ours',
  symptom: 'none',
  boot: MLX5_BOOT,
  setup() {
    mlx5_unregisters(0, MLX5_IN_HALVES)
    return boundSf()
  },
  vendor: says(HALVES),
} as const

export const devlink_mode_back: Scenario = {
  ...during,
  name: 'devlink-mode-back',
  title: 'the mode is changed back while the unregistration has still to end',
  fix: 'EBUSY, at once: the request may hold what the end needs',
  cpus: [() => modeLegacy(), () => mlx5_mode_set(0, ESWITCH_SWITCHDEV)],
  schedule: [step(0, 'enter mdev_unregister_finish'), step(1, END), step(0, END)],
  // Earlier it finds the mode that it wants; later the parent is there again.
  inAnyOrder: {
    check: () => ({
      happened: false,
      broken: devlink_count() === 1 ? [] : ['the subfunction has kept its devlink'],
    }),
  },
  expect: () => prevented('ok EBUSY'),
}

export const devlink_unplug: Scenario = {
  ...during,
  name: 'devlink-unplug',
  title: 'the card is pulled while the unregistration has still to end',
  fix: 'whoever unregisters a parent that is going waits until it is gone: what the vendor frees then is used by nobody',
  cpus: [() => modeLegacy(), () => parent_unplug(0)],
  schedule: [step(0, 'enter mdev_unregister_finish'), step(1, END), step(0, END), step(1, END)],
  check: () => allGone(0),
  inAnyOrder: { check: () => allGone(0) },
  expect: () => prevented('ok ok'),
}

export const DECLARED: readonly Scenario[] = [
  inHalves(devlink_order, 'ok ok'),
  inHalves(devlink_order_probed_2019, 'ok ok'),
  inHalves(devlink_deadlock, 'ok ok'),
  inHalves(devlink_self, 'ok'),
  inHalves(devlink_create, 'ok ok'),
  devlink_deadlock_deferred,
  devlink_mode_back,
  devlink_unplug,
]
