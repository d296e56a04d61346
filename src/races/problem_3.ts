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
 * Why      no second CPU is needed: device_register probes. Kirti Wankhede asked whether the driver's work could not
 *          move into create: it can, where vendor and driver are one (problem-3-in-create). Then no driver of the bus has the device.
 */
import { devlink_count, mlx5_loads_in_create, mlx5_sf_driver_load } from '../drivers/index.ts'
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

export const problem_3_in_create: Scenario = {
  ...problem_3,
  name: 'problem-3-in-create',
  title: "create does what the driver's probe did, so that no driver of the mdev bus probes the device",
  source: 'Kirti Wankhede, 26 March 2019: "couldn\'t that be moved to create()?"',
  symptom: 'none; but no driver of the bus has the device, and none can be chosen for it',
  fix: 'raised, and not taken: since 5.14 (88a21f265ce5) create binds a driver instead, whose probe makes the device',
  setup() {
    mlx5_loads_in_create(0)
    return 0
  },
  vendor: ({ sequence }) => (sequence.showsUnmade ? 'mlx5 loads in create' : undefined),
  only: ({ sequence }) => sequence.showsUnmade,
  check: ({ answers }) => ({ happened: answers[0] === 'oops', broken: devlinks(2) }),
  expect: () => prevented('ok'),
}

/** The function's own instance of devlink, and that of its subfunction. */
function devlinks(instances: number): string[] {
  const found = devlink_count()
  return found === instances ? [] : [`instances of devlink: ${found}, not ${instances}`]
}
