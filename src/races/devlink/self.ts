/**
 * A mode change alone: it finds a device bound, and waits for itself.
 *
 *   cpu-0
 *   -----
 *   genl_rcv()
 *     mutex_lock(&devlink_mutex)
 *     mdev_unregister_device()
 *       device_del()
 *         mlx5_sf_unload()
 *           devlink_unregister()
 *             mutex_lock(&devlink_mutex)
 *             /* waits for itself *\/
 *
 * Why      the request holds devlink_mutex over the driver's operation. No lock of the mdev core has a part in it, so no
 *          strategy changes it: this, and not the gate, is what has to be repaired.
 */
import { boundSf, MLX5_BOOT, modeLegacy } from '../kit/devlink.ts'
import { END, hangs, step, type Scenario } from '../../define/race.ts'

export const devlink_self: Scenario = {
  name: 'devlink-self',
  title: 'the eswitch changes its mode while a device is bound, and nobody else does anything',
  source: 'found by analysis of the mail of November 2019',
  symptom: 'the task hangs for ever',
  fix: 'release devlink_mutex before the driver is called: devlink-fixed',
  boot: MLX5_BOOT,
  setup: () => boundSf(),
  cpus: [() => modeLegacy()],
  schedule: [step(0, END)],
  check: ({ answers }) => ({ happened: answers.includes('hangs') }),
  expect: () => hangs('hangs', 'lockdep', 'hung task'),
}
