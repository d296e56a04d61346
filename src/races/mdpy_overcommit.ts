/**
 * A vendor that relied on the core to run one create at a time.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdpy_create()
 *       mdpy_count < max_devices
 *       [...]                               create_store()
 *                                             mdpy_create()
 *                                               mdpy_count < max_devices
 *                                               mdpy_count++
 *       mdpy_count++
 *       /* one device too many *\/
 *
 * Why      Alex Williamson asked whether parent->lock was "meant as a serialization guarantee to the vendor drivers". It was
 *          not, but mdpy depended on it.
 */
import { MDPY_MAX_DEVICES, parent_available } from '../drivers/index.ts'
import { sysfs_write } from '../kernel/index.ts'
import { UUIDS } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

const CREATE = '/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-vga/create'

function fill(): number {
  let ret = 0
  for (let i = 1; i < MDPY_MAX_DEVICES && ret >= 0; i++) {
    ret = sysfs_write(CREATE, `00000000-0000-0000-0000-00000000000${i}`)
  }
  return Math.min(ret, 0)
}

export const mdpy_overcommit: Scenario = {
  name: 'mdpy-overcommit',
  title: 'two creates race for the last device of a card whose driver counts without a lock',
  source: 'Alex Williamson, May 2018, on vendor drivers that rely on mdev_parent.lock',
  symptom: 'one device more than the card has',
  fix: 'the vendor counts atomically (mtty, 5.14), or the core counts for it (6.1)',
  boot: { driver: 'mdpy', parents: 1 },
  setup: fill,
  cpus: [() => sysfs_write(CREATE, UUIDS[0]), () => sysfs_write(CREATE, UUIDS[1])],
  schedule: [step(0, 'mdpy_create:checked'), step(1, END), step(0, END), step(1, END)],
  labels: { 'mdpy_create:checked': '/* mdpy_count < max_devices */' },
  vendor: ({ coreCounts }) => (coreCounts ? 'mdpy says how many it can make' : undefined),
  check: () => ({ happened: parent_available(0, 0) < 0 }),
  expect: ({ coreCounts, namespace }) => {
    if (coreCounts) return prevented('ok EUSERS')
    return namespace.serialises === 'nothing' ? happens('ok ok') : prevented('ok ENOMEM')
  },
}
