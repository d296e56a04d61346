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
import { boundSf, createSf, MLX5_BOOT, modeLegacy } from '../kit/devlink.ts'
import { echoRemove } from '../kit/shell.ts'
import { byStrategy, END, hangs, prevented, step, type Cell, type Scenario } from '../../define/race.ts'

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
  cells: Readonly<Record<string, Cell>>,
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
    expect: byStrategy(cells),
  }
}

const QUIET = prevented('ok ok')
const REPORTED = prevented('ok ok', 'lockdep')
/** Their lock of the namespace is held over the driver's remove, and waited for by a writer of `create`, whom the mode change awaits. */
const FILE_AND_LOCK = { 'per-parent': REPORTED, global: REPORTED }

export const devlink_order_2019: Scenario = order('devlink-order-2019', '2019', { era: '2019' }, 'before', {
  all: QUIET,
  ...FILE_AND_LOCK,
  rwsem: REPORTED,
  modern: REPORTED,
})

export const devlink_order: Scenario = order('devlink-order', 'today', {}, 'before', {
  all: QUIET,
  ...FILE_AND_LOCK,
  rwsem: REPORTED,
  modern: REPORTED,
  srcu: REPORTED,
})

export const devlink_order_probed_2019: Scenario = order(
  'devlink-order-probed-2019',
  '2019 with a driver that create binds',
  { era: '2019' },
  'bound by create',
  // Up to 5.1 the probe dies (problem-3), and the mode change waits for the writer of `create`.
  { unguarded: hangs('oops hangs', 'oops', 'hung task'), guarded: REPORTED },
)
