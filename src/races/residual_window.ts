/**
 * The window that is open to this day: nothing pins the device between finding it and entering the gate.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     kernfs_remove_self()
 *     mdev_device_remove()
 *       active = false;
 *       [...]                               mdev_unregister_device()
 *                                             mdev_device_remove_common()
 *                                             /* device and parent are freed *\/
 *       down_read_trylock(&parent->unreg_sem)
 *       /* BUG: use after free *\/
 *
 * Why      the file has removed itself and protects the device no longer; the flag keeps other removers out, but not the
 *          parent. Before 5.2 (5715c4dd66a3) the parent skipped the device, which is problem 5.
 */
import { read, write } from '#access'
import { mdev_never_pin } from '../mdev/pin.ts'
import { openedAhead } from './kit/opened.ts'
import { echoCreate, echoRemove, removeEcho, unregister } from './kit/shell.ts'
import { mdevsInMemory, mdevsLeft } from './kit/left.ts'
import { END, happens, prevented, staleFile, step, type Scenario } from '../define/race.ts'

export const residual_window: Scenario = {
  name: 'residual-window',
  title: "the parent is unregistered between a remover's finding its device and entering the gate",
  source: 'found by analysis of 5.2 and 6.1',
  symptom: 'the remover works on freed memory',
  fix: 'take references while the remove file still protects the device: residual-window-pinned',
  setup() {
    mdev_never_pin()
    return echoCreate()
  },
  cpus: [
    (words) => {
      const ret = echoRemove()
      write(words + 1, 1)
      return ret
    },
    (words) => {
      const ret = unregister(0)
      write(words, mdevsInMemory() === 0 && read(words + 1) === 0 ? 1 : 0)
      return ret
    },
  ],
  schedule: [step(0, 'mdev_device_remove:found'), step(1, END), step(0, END)],
  // The device was freed while the remover stood between find and gate.
  check: ({ words }) => ({ happened: read(words) === 1 }),
  inAnyOrder: {
    ...openedAhead(removeEcho(), () => unregister(0)),
    check: () => ({ happened: false, broken: mdevsLeft(0) }),
  },
  free: false,
  expect: (strategy) => {
    const { gate, namespace } = strategy
    if (!gate.guarded) return prevented('ok ok')
    // The references are taken for good: the window cannot be opened.
    if (namespace.findsByReference === true) return prevented('ENODEV ok', ...staleFile(strategy))
    // What it reads in the freed parent may be by chance what it should be: then nobody notices.
    return gate.zeroIsGone ? happens('ENODEV ok', ...staleFile(strategy)) : happens('oops ok', 'oops')
  },
}
