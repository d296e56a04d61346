/**
 * Problem 2: a device is removed while a guest uses it. There are two contracts.
 *
 *   4.10 to 5.1                             since 5.2 (5715c4dd66a3)
 *   -----------                             ------------------------
 *   parent->ops->remove() = -EBUSY          device_del()
 *   /* the device stays *\/                    vfio: waits until the guest has closed the device
 *                                           parent->ops->remove()
 *
 * Why      Kirti Wankhede wanted the refusal kept; Alex Williamson pointed to the request notification, and to killing the user or
 *          revoking its mapping when it does not listen. The mirror of create leaves no other way: the vendor is asked last.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { AP_INSTANCES, parent_available } from '../drivers/index.ts'
import { sysfs_write } from '../kernel/index.ts'
import { alloc_boot } from '../mem/arena.ts'
import { completion, init_completion, send_signal, wait_for_completion_interruptible } from '../sync/index.ts'
import { guestAsked, guestCloses, guestMaps, guestOpens, guestTouches, makeGuest } from './kit/guest.ts'
import { echoRemove, names, onBus, unregister, UUID } from './kit/shell.ts'
import { END, happens, prevented, step, type Expect, type Finding, type Scenario } from '../define/race.ts'

const CREATE = '/sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/create'
/** Seconds that a guest works on, whatever the host wants, before it ends. */
const PATIENCE = 60
/** So many requests never come: waiting for them is waiting for the seconds. */
const NEVER = 1000

function usedDevice(words: number): number {
  const made = sysfs_write(CREATE, UUID)
  return made < 0 ? made : makeGuest(words) || guestOpens(words)
}

/** Lets go after a minute of its own accord: vfio_ap passes no requests on before 2e3d8d71e285 of 2023. */
function leaving(words: number): number {
  guestAsked(words, NEVER, PATIENCE)
  return guestCloses(words)
}

/** Answers where the vendor may refuse, and where it may not. */
function refusal(refused: string, removed: string): Expect {
  return ({ sequence }) => (sequence.vendorMayRefuse ? happens(refused) : prevented(removed))
}

const common = {
  source: 'problem 2: Parav Pandit, Kirti Wankhede and Alex Williamson, March 2019',
  boot: { driver: 'vfio_ap', parents: 1, vfio: true },
} as const

export const problem_2: Scenario = {
  ...common,
  name: 'problem-2',
  title: 'a device is removed while a guest uses it, which lets go after a minute',
  symptom: 'EBUSY: the device stays, and its remove file comes back',
  fix: 'off the bus first: vfio waits for the guest, and asks it where the vendor passes that on',
  setup: usedDevice,
  cpus: [() => echoRemove(), leaving],
  schedule: [step(0, END), step(1, END)],
  check() {
    const file = names(`/sys/bus/mdev/devices/${UUID}`).includes('remove')
    const broken = onBus() && !file ? ['the device is there and has no remove file'] : []
    return { happened: onBus(), broken }
  },
  inAnyOrder: { cpus: [() => echoRemove(), guestCloses], check: () => ({ happened: onBus() }) },
  free: false,
  expect: refusal('EBUSY ok', 'ok ok'),
}

function lostInstances(): Finding {
  const lost = AP_INSTANCES - parent_available(0, 0)
  const broken = lost === 0 ? [] : [`vfio_ap: instances of no device: ${lost}, not 0`]
  return { happened: lost !== 0, broken }
}

export const problem_2_force: Scenario = {
  ...common,
  name: 'problem-2-force',
  title: 'the parent of a device is unregistered while a guest uses it, which lets go after a minute',
  symptom: "the vendor's refusal is ignored: its object and its instance are never given back",
  fix: 'remove mirrors create: users are gone before the vendor removes what they use',
  setup: usedDevice,
  cpus: [() => unregister(0), leaving],
  schedule: [step(0, END), step(1, END)],
  check: lostInstances,
  inAnyOrder: { cpus: [() => unregister(0), guestCloses], check: lostInstances },
  // -EBUSY without a kfree is no permission to go on. The core goes on, device_del waits for the guest, and nobody asks again.
  expect: ({ sequence }) => (sequence.vendorMayRefuse ? happens('ok ok', 'invariants') : prevented('ok ok')),
}

const DOZE = 2

/** Does not end by itself. A signal ends it, and its exit closes what it has open. */
function stubborn(words: number): number {
  wait_for_completion_interruptible(as(read(words + DOZE)))
  return guestCloses(words)
}

/** kill -9, after a minute. */
function killer(words: number): number {
  guestAsked(words, NEVER, PATIENCE)
  send_signal(1)
  return 0
}

export const problem_2_killed: Scenario = {
  ...common,
  name: 'problem-2-killed',
  title: 'a device is removed while a guest uses it, which does not end by itself and is killed',
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
  inAnyOrder: {
    // A guest that is killed closes what it has open, at whatever moment.
    cpus: [() => echoRemove(), guestCloses],
    check: () => ({ happened: onBus() }),
  },
  free: false,
  expect: refusal('EBUSY ok ok', 'ok ok ok'),
}

/** Works with what it has mapped, once a second. A SIGBUS ends it. */
function working(words: number): number {
  for (let second = 0; second < PATIENCE; second++) {
    if (guestTouches(words) < 0) break
    guestAsked(words, NEVER, 1)
  }
  return guestCloses(words)
}

/** Its mapping may be revoked or not: either way it ends. */
function touchesAndCloses(words: number): number {
  guestTouches(words)
  return guestCloses(words)
}

export const problem_2_revoked: Scenario = {
  ...common,
  name: 'problem-2-revoked',
  title:
    'a device is removed while a guest uses it, which does not end by itself and whose mapping is revoked',
  symptom: 'EBUSY: nobody revokes anything, for the vendor is asked first',
  fix: 'vfio unmaps the device, and the guest ends with the SIGBUS of its next access',
  boot: { ...common.boot, vfio: { revoke: true } },
  setup: (words) => usedDevice(words) || guestMaps(words) || guestTouches(words),
  cpus: [() => echoRemove(), working],
  schedule: [step(0, END), step(1, END)],
  check: () => ({ happened: onBus() }),
  inAnyOrder: { cpus: [() => echoRemove(), touchesAndCloses], check: () => ({ happened: onBus() }) },
  free: false,
  expect: refusal('EBUSY ok', 'ok ok'),
}
