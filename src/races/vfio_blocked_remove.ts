/**
 * A device is taken away from a user who takes his time: he is asked every ten seconds, and the remover gets a signal
 * meanwhile.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   vfio_unregister_group_dev()
 *     request #0
 *     [...] ten seconds each                waits for twelve requests
 *                                           kill -TERM cpu-0
 *     request #13 …                         waits for two more, closes the device, then the group
 *     container unset
 *
 * Why      the device is the user's until he closes it; the last device of a group waits for the container, too.
 */
import { read, write } from '#access'
import { platform_bind, platform_unbind } from '../drivers/index.ts'
import { printk_records } from '../kernel/index.ts'
import { send_signal } from '../sync/index.ts'
import { eventfd_wait } from '../vfio/index.ts'
import { closeDevice, closeGroup, deviceOf, eventfdOf, makeDevices, useDevice, vfioLeft } from './kit/vfio.ts'
import { END, once, prevented, step, type Scenario } from '../define/race.ts'

const REQUESTS = 12
const MORE = 2
const FOR_EVER_NS = 1e15
const TEN_REQUESTS_S = 100
const NSEC_PER_SEC = 1e9
const RELAYING = 'Relaying device request to user'

/** Closes only after having been asked so often, before and after the signal. */
function stubbornUser(words: number): number {
  eventfd_wait(eventfdOf(words), REQUESTS, FOR_EVER_NS)
  send_signal(0)
  write(words, eventfd_wait(eventfdOf(words), REQUESTS + MORE, FOR_EVER_NS))
  return closeDevice(words) || closeGroup(words)
}

/** The lines of the log that tell of the wait: at #0 and, a hundred seconds later, at #10; and once for the signal. */
function logged(): boolean {
  const lines = printk_records()
  const relayed = lines.filter(({ text }) => text.includes(RELAYING))
  const blocked = lines.filter(({ text }) => text.includes('blocked until device is released'))
  const numbers = relayed.map(({ text }) => text.slice(text.indexOf('#')))
  const [first, tenth] = relayed.map(({ timeNs }) => timeNs)
  const seconds = Math.floor(((tenth ?? 0) - (first ?? 0)) / NSEC_PER_SEC)
  return numbers.join(' ') === '#0) #10)' && seconds === TEN_REQUESTS_S && blocked.length === 1
}

export const vfio_blocked_remove: Scenario = {
  name: 'vfio-blocked-remove',
  title: 'a removal waits for a user who closes the device after fourteen requests',
  source: 'Alex Williamson, March 2019: the request notification; vfio_del_group_dev',
  symptom:
    'none: the remover sleeps, asks every 10 s, cannot be killed, and is done when the device is closed',
  fix: 'the device is off the bus before the user is asked, and nobody else waits',
  boot: { vfio: true },
  setup: (words) => makeDevices(words, 1) || platform_bind('vfio', deviceOf(words, 0)) || useDevice(words, 0),
  cpus: [
    (words) => {
      platform_unbind(deviceOf(words, 0))
      return 0
    },
    stubbornUser,
  ],
  schedule: [step(0, END), step(1, END), step(0, END)],
  check({ words }) {
    const broken = vfioLeft()
    const asked = read(words) >= REQUESTS + MORE
    return { happened: !asked || !logged(), broken }
  },
  free: false,
  ...once('none', prevented('ok ok')),
}
