/**
 * Models of devices and drivers that come and go beside each other: a device has a driver once or not at all, one that is gone has
 * none, and nothing of either is left in sysfs or on a list.
 */
import { read, write } from '#access'
import { as, NULL } from '../../base/addr.ts'
import { EBUSY, EEXIST, ENODEV } from '../../base/errno.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { dev_name, dev_set_name, get_device, put_device } from '../../kernel/device/device.ts'
import { device, device_driver } from '../../kernel/device/device_struct.ts'
import { device_driver_attach, device_release_driver } from '../../kernel/device/dd.ts'
import { driver_for_each_device, driver_register } from '../../kernel/device/driver.ts'
import { klist_count } from '../../kernel/device/klist.ts'
import { klist_of } from '../../kernel/device/klist_set.ts'
import { kobject_name, kobject_set_name } from '../../kernel/device/kobject.ts'
import { duplicate_count, warning_count } from '../../kernel/report.ts'
import { check } from '../../define/model.ts'
import type { Race } from './driver_race.ts'
import type { Body, Machine } from './machine.ts'
import { add, added, boundTo, driverOf, register, tidy, unregister, withdraw } from './machine_bodies.ts'
import { answer, answerOf } from './world.ts'

/** device_add, which may be refused; then the device is let go. */
const tryAdd =
  (cpu: number, which: 'one' | 'two'): Body =>
  (s) => {
    const error = device_add(as(s[which]))
    answer(s, cpu, error)
    if (error !== 0) put_device(as(s[which]))
  }

const tryRegister =
  (cpu: number, which: 'drv' | 'drv2'): Body =>
  (s) =>
    answer(s, cpu, driver_register(as(s[which])))

/** Binds a device that was found before. */
function attach(s: Machine): void {
  answer(s, 0, device_driver_attach(as(s.drv), as(s.one)))
  put_device(as(s.one))
}

/** A reference for it, and no driver. */
const found = (s: Machine): void => {
  added('drv', 'one')(s)
  device_release_driver(as(s.one))
  get_device(as(s.one))
}

/** Looks at each device of the driver. */
function walk(s: Machine): void {
  driver_for_each_device(as(s.drv), (dev) => {
    check([s.one, s.two].includes(dev), 'the walk stands on what is no device')
    return 0
  })
}

/** Takes the device away from the driver and gives it back. */
function rebind(s: Machine): void {
  device_release_driver(as(s.one))
  answer(s, 0, device_driver_attach(as(s.drv), as(s.one)))
}

/** The races of registration. */
export const REGISTRATION_RACES: readonly Race[] = [
  {
    name: 'add-register',
    what: 'a device is added ‖ a driver is registered',
    bound: 1,
    cpus: [add('one'), register('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', s.drv)
    },
  },
  {
    name: 'add-withdraw',
    what: 'a device is added ‖ the driver is unregistered',
    before: added('drv'),
    bound: 1,
    cpus: [add('one'), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
    },
  },
  {
    name: 'del-register',
    what: 'a device is removed ‖ a driver is registered',
    before: added('one'),
    bound: 1,
    cpus: [unregister('one'), register('drv')],
    finish: (s) => tidy(s, ['one']),
  },
  {
    name: 'del-withdraw',
    what: 'a device is removed ‖ its driver is unregistered',
    before: added('drv', 'one'),
    bound: 1,
    cpus: [unregister('one'), withdraw('drv')],
    finish: (s) => tidy(s, ['one'], true),
  },
  {
    name: 'attach-del',
    what: 'a device that was found is bound ‖ it is removed',
    before: found,
    bound: 1,
    cpus: [attach, unregister('one')],
    finish(s) {
      tidy(s, ['one'])
      check([0, -ENODEV].includes(answerOf(s, 0)), `device_driver_attach returned ${answerOf(s, 0)}`)
    },
  },
  {
    name: 'walk-rebind',
    what: 'the devices of a driver are walked ‖ one is unbound and bound again',
    before: added('drv', 'one', 'two'),
    bound: 1,
    cpus: [walk, rebind],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', s.drv)
      check(answerOf(s, 0) === 0, `device_driver_attach returned ${answerOf(s, 0)}`)
      const there = klist_count(klist_of(device_driver.at.klist_devices(as(s.drv)), s.one))
      check(there >= 1, 'the device is not on the list of its driver')
    },
  },
  {
    name: 'two-drivers',
    what: 'two drivers are registered beside a device',
    before: added('one'),
    bound: 1,
    cpus: [register('drv'), register('drv2')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', driverOf(s.one) === s.drv ? s.drv : s.drv2)
    },
  },
  {
    name: 'two-devices',
    what: 'two devices are added ‖ their driver is unregistered',
    before: added('drv'),
    bound: 1,
    cpus: [add('one'), add('two'), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
      boundTo(s, 'two', 0)
    },
  },
  {
    name: 'twins',
    what: 'two devices of a name are added below different parents, on one bus',
    before(s) {
      added('drv')(s)
      write(s.two + device.offset.parent, NULL)
      dev_set_name(as(s.two), dev_name(as(s.one)))
    },
    bound: 1,
    cpus: [tryAdd(0, 'one'), tryAdd(1, 'two')],
    finish(s) {
      const late = answerOf(s, 0) === 0 ? 1 : 0
      check(answerOf(s, 1 - late) === 0 && answerOf(s, late) === -EEXIST, 'the name was not given once')
      check(duplicate_count() === 1 && warning_count() === 0, 'the log is wrong')
      boundTo(s, late === 0 ? 'two' : 'one', s.drv)
      const there = read(s.gone + late)
      check(there === 1, `the late one was released ${there} times`)
    },
  },
  {
    name: 'same-name',
    what: 'two drivers of a name are registered',
    before(s) {
      kobject_set_name(as(s.drv2), kobject_name(as(s.drv)))
      added('one')(s)
    },
    bound: 1,
    cpus: [tryRegister(0, 'drv'), tryRegister(1, 'drv2')],
    finish(s) {
      const late = answerOf(s, 0) === 0 ? 1 : 0
      check([-EBUSY, -EEXIST].includes(answerOf(s, late)), `the late one returned ${answerOf(s, late)}`)
      boundTo(s, 'one', late === 0 ? s.drv2 : s.drv)
    },
  },
]
