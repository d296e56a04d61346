/**
 * The report of the mail: a remove, and later, when all is quiet, a mode change. They never meet.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     down_read_trylock(&parent->unreg_sem)
 *     devlink_unregister()
 *       mutex_lock(&devlink_mutex)
 *                                           genl_rcv()
 *                                             mutex_lock(&devlink_mutex)
 *                                             mdev_unregister_device()
 *                                               down_write(&parent->unreg_sem)
 *                                               /* WARNING: possible circular locking dependency *\/
 *
 * Why      lockdep needs no accident: it has seen the two locks taken in either order. Two of the scenarios differ in the
 *          lockdep that looks on: that of 2019, which the mail quotes, and today's, which knows synchronize_srcu. In the third
 *          the driver is there before the device, so that create binds it: then devlink_mutex was taken while `create` was
 *          being written, and even the lockdep of 2019 reports SRCU, for the file.
 */
import type { LockdepOptions } from '../../debug/index.ts'
import { mlx5_sf_driver_load } from '../../drivers/index.ts'
import { boundSf, createSf, MLX5_BOOT, modeLegacy, lockdepSees } from '../kit/devlink.ts'
import { echoRemove } from '../kit/shell.ts'
import { END, hangs, prevented, step, type Expect, type Scenario } from '../../define/race.ts'

/** The driver is there: create itself probes. */
function createAndRemove(): number {
  const made = createSf()
  return made < 0 ? made : echoRemove()
}

function order(
  name: string,
  whose: string,
  lockdep: LockdepOptions,
  create: 'before' | 'bound by create',
  expect: (lockdep: LockdepOptions) => Expect,
): Scenario {
  return {
    name,
    title: `a device is removed, and later the eswitch changes its mode: what does the lockdep of ${whose} say?`,
    source: 'Parav Pandit, November 2019',
    symptom: 'WARNING: possible circular locking dependency detected, with no overlap at all',
    fix: 'SRCU in place of unreg_sem',
    boot: { ...MLX5_BOOT, lockdep },
    setup: create === 'before' ? boundSf : mlx5_sf_driver_load,
    cpus: [create === 'before' ? () => echoRemove() : createAndRemove, () => modeLegacy()],
    schedule: [step(0, END), step(1, END)],
    // Nobody waits for anybody: the report is all there is.
    check: () => ({ happened: false }),
    elsewhere: () => 'the two overlap, and deadlock: that is what the report warns of',
    expect: expect(lockdep),
  }
}

const REPORTED = prevented('ok ok', 'lockdep')

/** Seen are gates that lockdep knows, and a lock of the namespace: it is held over the driver's remove, and a writer of `create` waits for it, whom the mode change awaits. */
const removed =
  (lockdep: LockdepOptions): Expect =>
  ({ gate, namespace }) =>
    lockdepSees(gate, lockdep) || namespace.serialises !== 'nothing' ? REPORTED : prevented('ok ok')

/** A create that probes takes both locks itself, whatever the gate. Where the device is shown unmade, the probe dies (problem-3). */
const probed =
  (): Expect =>
  ({ sequence }) =>
    sequence.showsUnmade ? hangs('oops hangs', 'oops', 'hung task') : REPORTED

export const devlink_order_2019: Scenario = order(
  'devlink-order-2019',
  '2019',
  { era: '2019' },
  'before',
  removed,
)

export const devlink_order: Scenario = order('devlink-order', 'today', {}, 'before', removed)

export const devlink_order_probed_2019: Scenario = order(
  'devlink-order-probed-2019',
  '2019 with a driver that create binds',
  { era: '2019' },
  'bound by create',
  probed,
)
