/**
 * The hang that the report of the mail warns of: a remove and a mode change overlap.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     enters the gate
 *     mlx5_sf_unload()
 *     [...]                                 genl_rcv()
 *                                             mutex_lock(&devlink_mutex)
 *                                             mdev_unregister_device()
 *                                               waits until the gate is empty
 *     devlink_unregister()
 *       mutex_lock(&devlink_mutex)
 *       /* waits for cpu-1 *\/
 *
 * Why      what waits for the readers is the lock, whatever it is called: a semaphore, a reference count, a grace period.
 *          The patch of the mail changes who says so. Lockdep of 2019 had no edge from synchronize_srcu to its readers, so its
 *          report went away and the deadlock stayed.
 */
import type { LockdepOptions } from '../../debug/index.ts'
import { boundSf, MLX5_BOOT, modeLegacy, lockdepSees } from '../kit/devlink.ts'
import { echoRemove } from '../kit/shell.ts'
import { END, hangs, prevented, step, type Scenario } from '../../define/race.ts'

function deadlock(name: string, whose: string, lockdep: LockdepOptions): Scenario {
  return {
    name,
    title: `a device is removed while the eswitch changes its mode; the lockdep of ${whose} looks on`,
    source: 'Parav Pandit, November 2019',
    symptom: 'both tasks hang for ever',
    fix: 'SRCU in place of unreg_sem, which does not help: see devlink-fixed',
    boot: { ...MLX5_BOOT, lockdep },
    setup: () => boundSf(),
    cpus: [() => echoRemove(), () => modeLegacy()],
    schedule: [step(0, 'enter mlx5_sf_unload'), step(1, END), step(0, END), step(1, END)],
    check: ({ answers }) => ({ happened: answers.includes('hangs') }),
    inAnyOrder: { check: () => ({ happened: false }) },
    free: false,
    expect: ({ gate, namespace }) => {
      if (gate.guarded) {
        const seen = lockdepSees(gate, lockdep)
        return seen ? hangs('hangs hangs', 'lockdep', 'hung task') : hangs('hangs hangs', 'hung task')
      }
      // No gate: the mode change does not see the device that is going, and waits for nobody. As in devlink-order, a create would
      // have closed a circle with the lock of the namespace, where that is held over a removal.
      return namespace.serialises === 'nothing' ? prevented('ok ok') : prevented('ok ok', 'lockdep')
    },
  }
}

export const devlink_deadlock_2019: Scenario = deadlock('devlink-deadlock-2019', '2019', { era: '2019' })

export const devlink_deadlock: Scenario = deadlock('devlink-deadlock', 'today', {})
