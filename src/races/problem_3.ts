/**
 * Problem 3: a driver of the mdev bus probes a device that is not stable.
 *
 *   cpu-0
 *   -----
 *   create_store()
 *     mdev_device_create()
 *       device_register()
 *         mlx5_sf_load()                    the probe of a driver other than vfio_mdev
 *           mdev_get_drvdata() = NULL
 *       parent->ops->create()               /* would have set it *\/
 *
 * Why      no second CPU is needed: device_register probes. Kirti Wankhede proposed to move the driver's work into create; a driver
 *          of the bus has no create.
 */
import { mlx5_sf_driver_load } from '../drivers/index.ts'
import { createSf, MLX5_BOOT } from './kit/devlink.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const problem_3: Scenario = {
  name: 'problem-3',
  title: "a driver of the mdev bus probes a device that needs its vendor's side",
  source: 'problem 3: Parav Pandit, March 2019',
  symptom: 'BUG: unable to handle kernel NULL pointer dereference, RIP mlx5_sf_load',
  fix: 'the vendor makes the device before it goes on the bus',
  boot: MLX5_BOOT,
  setup: mlx5_sf_driver_load,
  cpus: [() => createSf()],
  schedule: [step(0, END)],
  check: ({ answers }) => ({ happened: answers[0] === 'oops' }),
  expect: ({ sequence }) => (sequence.showsUnmade ? happens('oops', 'oops') : prevented('ok')),
}
