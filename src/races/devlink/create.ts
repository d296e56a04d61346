/**
 * A create and a mode change.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     /* active reference on `create` *\/
 *     mlx5_sf_load()
 *     [...]                                 genl_rcv()
 *                                             mutex_lock(&devlink_mutex)
 *                                             mdev_unregister_device()
 *                                               parent_remove_sysfs_files()
 *                                               /* waits for writers of `create` *\/
 *     devlink_register()
 *       mutex_lock(&devlink_mutex)
 *       /* waits for cpu-1 *\/
 *
 * Why      where there is no gate, sysfs is one: a file does not go while it is written. So even an mdev core without any lock
 *          of its own has the deadlock. Before 5.2 (5715c4dd66a3) the probe that would take devlink_mutex dies before (problem-3).
 */
import { createSf, MLX5_BOOT, modeLegacy } from '../kit/devlink.ts'
import { mlx5_sf_driver_load } from '../../drivers/index.ts'
import { END, hangs, step, type Scenario } from '../../define/race.ts'

export const devlink_create: Scenario = {
  name: 'devlink-create',
  title: 'a device is created while the eswitch changes its mode',
  source: 'found by analysis of the mail of November 2019',
  symptom: 'both tasks hang for ever',
  fix: 'none in the mdev core: devlink must not hold its mutex over the driver',
  boot: MLX5_BOOT,
  setup: () => mlx5_sf_driver_load(),
  cpus: [() => createSf(), () => modeLegacy()],
  schedule: [step(0, 'enter devlink_register'), step(1, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers.includes('hangs') }),
  inAnyOrder: { check: () => ({ happened: false }) },
  free: false,
  expect: ({ gate, sequence }) => {
    // The probe died with its reference to `create`, which the mode change waits for.
    if (sequence.showsUnmade) return hangs('oops hangs', 'oops', 'hung task')
    return gate.lockdepSees === 'never'
      ? hangs('hangs hangs', 'hung task')
      : hangs('hangs hangs', 'lockdep', 'hung task')
  },
}
