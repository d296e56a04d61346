/**
 * The answer that came later, and from the other side: a request holds the lock of its own instance, and nothing global, while
 * it calls the driver. A device is removed, another one is bound, and the mode changes meanwhile.
 *
 * Why      the device's driver unregisters its own instance under that instance's lock, which no mode change of the card holds.
 *          The order of remove and that of the mode change agree then, with any gate.
 */
import { boundSf, createSf, locksPerInstance, MLX5_BOOT, modeLegacy } from '../kit/devlink.ts'
import { echoRemove, UUIDS } from '../kit/shell.ts'
import { END, prevented, step, type Scenario } from '../../define/race.ts'

export const devlink_fixed: Scenario = {
  name: 'devlink-fixed',
  title: 'the deadlock of remove and mode change, with a lock per devlink instance',
  source:
    'devlink since 6.0 (d3efc2a6a6d8), which no longer takes devlink_mutex; that it answers the mail is ours to check',
  symptom: 'none',
  fix: 'a lock per devlink instance, held over the driver, and nothing global',
  boot: MLX5_BOOT,
  setup() {
    locksPerInstance()
    const made = createSf(UUIDS[1])
    return made < 0 ? made : boundSf()
  },
  cpus: [() => echoRemove(), () => modeLegacy()],
  schedule: [step(0, 'enter mlx5_sf_unload'), step(1, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers.includes('hangs') }),
  // Where a lock is held over a removal, lockdep has another complaint, not about devlink: the file `remove` is removed under the
  // lock that its writer wants.
  expect: ({ namespace }) =>
    namespace.serialises === 'nothing' ? prevented('ok ok') : prevented('ok ok', 'lockdep'),
}
