/**
 * The second of the kernel's samples that relied on the core to run one create at a time. It shares out megabytes, so that the core, which
 * counts devices (9c799c224d6e, 6.1), cannot do it for it: the vendor itself has to, as it does since de5494af4815 (5.15).
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mbochs_create()
 *       type->mbytes + used <= max
 *       [...]                               create_store()
 *                                             mbochs_create()
 *                                               type->mbytes + used <= max
 *                                               used += type->mbytes
 *       used += type->mbytes
 *       /* more megabytes than there are *\/
 */
import { parent_available } from '../drivers/index.ts'
import { sysfs_write } from '../kernel/index.ts'
import { UUIDS } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

const CREATE = '/sys/class/mdev_bus/mbochs/mdev_supported_types/mbochs-large/create'
/** Large devices are 64 MB of 256. */
const LARGE = 2

/** The card with room for one large device, and who wants it. */
function card(driver: 'mbochs' | 'mbochs-5.14'): Pick<Scenario, 'boot' | 'setup' | 'cpus' | 'check'> {
  return {
    boot: { driver, parents: 1 },
    setup() {
      let ret = 0
      for (let i = 1; i < 4 && ret >= 0; i++)
        ret = sysfs_write(CREATE, `00000000-0000-0000-0000-00000000000${i}`)
      return Math.min(ret, 0)
    },
    cpus: [() => sysfs_write(CREATE, UUIDS[0]), () => sysfs_write(CREATE, UUIDS[1])],
    check: () => ({ happened: parent_available(0, LARGE) < 0 }),
  }
}

const story = {
  title: 'two creates race for the last megabytes of a card',
  source: 'Alex Williamson, May 2018, on vendor drivers that rely on mdev_parent.lock',
} as const

export const mbochs_overcommit: Scenario = {
  ...story,
  ...card('mbochs-5.14'),
  name: 'mbochs-overcommit',
  title: `${story.title} whose driver counts them without a lock`,
  symptom: 'more megabytes than the card has',
  fix: 'the vendor counts in one step: mbochs-counts',
  schedule: [step(0, 'mbochs_create:checked'), step(1, END), step(0, END), step(1, END)],
  labels: { 'mbochs_create:checked': '/* type->mbytes + used <= max */' },
  expect: ({ namespace }) => (namespace.serialises === 'nothing' ? happens('ok ok') : prevented('ok ENOMEM')),
}

export const mbochs_counts: Scenario = {
  ...story,
  ...card('mbochs'),
  name: 'mbochs-counts',
  title: `${story.title} whose driver counts them in one step`,
  symptom: 'none',
  fix: 'de5494af4815 (5.15)',
  schedule: [step(0, 'enter mdev_device_create_ops'), step(1, END), step(0, END), step(1, END)],
  vendor: () => 'mbochs counts in one step',
  expect: ({ namespace }) => prevented(namespace.serialises === 'nothing' ? 'ENOSPC ok' : 'ok ENOSPC'),
}
