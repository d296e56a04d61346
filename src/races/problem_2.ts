/**
 * Problem 2: a device is removed while a guest uses it. There are two contracts.
 *
 *   up to 5.1                               since 5.2
 *   ---------                               ---------
 *   parent->ops->remove() = -EBUSY          device_del()
 *   /* the device stays *\/                    vfio: asks the guest, every ten seconds
 *                                             [...] until he has closed the device
 *                                           parent->ops->remove()
 *
 * Why      Kirti Wankhede wanted the refusal kept; Alex Williamson pointed to the request notification, and to killing the user or
 *          revoking his mapping when he does not listen. The mirror of create leaves no other way: the vendor is asked last.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { sysfs_write } from '../kernel/index.ts'
import { alloc_boot } from '../mem/arena.ts'
import { completion, init_completion, send_signal, wait_for_completion_interruptible } from '../sync/index.ts'
import { guestAsked, guestCloses, guestMaps, guestOpens, guestTouches, makeGuest } from './kit/guest.ts'
import { echoRemove, names, onBus, unregister, UUID } from './kit/shell.ts'
import { byStrategy, END, hangs, happens, prevented, step, type Scenario } from '../define/race.ts'

const CREATE = '/sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/create'
/** Seconds that a guest waits for a request before he goes on his own. */
const PATIENCE = 60
/** Requests that a guest ignores before he is killed. */
const IGNORED = 3

/** Requests that a guest who only works sees none of: as many as never come. */
const DEAF = 1000

function usedDevice(words: number): number {
  const made = sysfs_write(CREATE, UUID)
  return made < 0 ? made : makeGuest(words) || guestOpens(words)
}

/** Lets go when he is asked. */
function willing(words: number): number {
  guestAsked(words, 1, PATIENCE)
  return guestCloses(words)
}

const common = {
  source: 'problem 2: Parav Pandit, Kirti Wankhede and Alex Williamson, March 2019',
  boot: { driver: 'vfio_ap', parents: 1, vfio: true },
} as const

export const problem_2: Scenario = {
  ...common,
  name: 'problem-2',
  title: 'a device is removed while a guest uses it, who lets go when he is asked',
  symptom: 'EBUSY: the device stays, and its remove file comes back',
  fix: 'off the bus first: vfio asks the guest and waits for him',
  setup: usedDevice,
  cpus: [() => echoRemove(), willing],
  schedule: [step(0, END), step(1, END)],
  check() {
    const file = names(`/sys/bus/mdev/devices/${UUID}`).includes('remove')
    const broken = onBus() && !file ? ['the device is there and has no remove file'] : []
    return { happened: onBus(), broken }
  },
  free: false,
  expect: byStrategy({ unguarded: happens('EBUSY ok'), guarded: prevented('ok ok') }),
}

export const problem_2_force: Scenario = {
  ...common,
  name: 'problem-2-force',
  title: 'the parent of a device is unregistered while a guest uses it, who lets go when he is asked',
  symptom: 'BUG: kernel NULL pointer dereference, RIP vfio_ap_mdev_release',
  fix: 'remove mirrors create: users are gone before the vendor removes what they use',
  setup: usedDevice,
  cpus: [() => unregister(0), willing],
  schedule: [step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers[1] === 'oops' }),
  expect: byStrategy({
    // The refusal is ignored, the guest closes a device that is gone, and dies with it open: the parent waits for ever.
    unguarded: hangs('hangs oops', 'oops', 'hung task'),
    guarded: prevented('ok ok'),
  }),
}

const DOZE = 2

/** Does not listen. A signal ends him, and his exit closes what he has open. */
function stubborn(words: number): number {
  wait_for_completion_interruptible(as(read(words + DOZE)))
  return guestCloses(words)
}

/** kill -9, after some requests were in vain. */
function killer(words: number): number {
  guestAsked(words, IGNORED, PATIENCE)
  send_signal(1)
  return 0
}

export const problem_2_killed: Scenario = {
  ...common,
  name: 'problem-2-killed',
  title: 'a device is removed while a guest uses it, who does not listen and is killed',
  symptom: 'EBUSY, whatever becomes of the guest: somebody has to try again',
  fix: 'the removal is under way already: it ends with the guest',
  setup(words) {
    const doze = as<'completion'>(alloc_boot(completion.words))
    init_completion(doze)
    write(words + DOZE, doze)
    return usedDevice(words)
  },
  cpus: [() => echoRemove(), stubborn, killer],
  schedule: [step(0, END), step(1, END), step(2, END)],
  check: () => ({ happened: onBus() }),
  free: false,
  expect: byStrategy({ unguarded: happens('EBUSY ok ok'), guarded: prevented('ok ok ok') }),
}

/** Works with what he has mapped, once a second, and has no ear for requests. A SIGBUS ends him. */
function working(words: number): number {
  for (let second = 0; second < PATIENCE; second++) {
    if (guestTouches(words) < 0) break
    guestAsked(words, DEAF, 1)
  }
  return guestCloses(words)
}

export const problem_2_revoked: Scenario = {
  ...common,
  name: 'problem-2-revoked',
  title: 'a device is removed while a guest uses it, who does not listen and whose mapping is revoked',
  symptom: 'EBUSY: nobody revokes anything, for the vendor is asked first',
  fix: 'vfio unmaps the device, and the guest ends with the SIGBUS of his next access',
  boot: { ...common.boot, vfio: { revoke: true } },
  setup: (words) => usedDevice(words) || guestMaps(words) || guestTouches(words),
  cpus: [() => echoRemove(), working],
  schedule: [step(0, END), step(1, END)],
  check: () => ({ happened: onBus() }),
  free: false,
  expect: byStrategy({ unguarded: happens('EBUSY ok'), guarded: prevented('ok ok') }),
}
