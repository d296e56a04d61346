/**
 * Two devices of different uuids whose aliases are the same.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()
 *       placeholder
 *       [...]                               create_store()
 *                                             the alias is free: taken
 *       the alias is taken   = -EEXIST
 *
 * Why      an alias is a few digits of a hash, so that other uuids may have it too; the series of November 2019 looks for both under
 *          one lock. Who is refused gives its uuid back.
 */
import { write } from '#access'
import { mlx5_core, parent_vendor_data } from '../drivers/index.ts'
import { createSf, MLX5_BOOT } from './kit/devlink.ts'
import { mdevsLeft } from './kit/left.ts'
import { UUIDS } from './kit/shell.ts'
import { END, prevented, step, type Scenario } from '../define/race.ts'

export const alias_taken: Scenario = {
  name: 'alias-taken',
  title: 'two devices are created at once whose aliases are the same',
  source: 'Parav Pandit, November 2019: [PATCH net-next 07/19, 08/19]',
  symptom: 'none: one success, one EEXIST',
  fix: 'a lock over the search and the insertion',
  boot: MLX5_BOOT,
  setup() {
    // The SHA-1 of both begins with c.
    write(parent_vendor_data(0) + mlx5_core.offset.alias_length, 1)
    return 0
  },
  cpus: [() => createSf(UUIDS[0]), () => createSf(UUIDS[2])],
  schedule: [step(0, 'mdev_device_create:claimed'), step(1, END), step(0, END), step(1, END)],
  check({ answers }) {
    const made = answers.filter((answer) => answer === 'ok').length
    return { happened: made !== 1, broken: mdevsLeft(made) }
  },
  expect: ({ namespace }) => prevented(namespace.serialises === 'nothing' ? 'EEXIST ok' : 'ok EEXIST'),
}
