/**
 * Models of the files of a bus, a driver and a device (bind, unbind, drivers_probe, drivers_autoprobe, uevent) beside devices and
 * drivers that come and go.
 */
import { ENODEV, ENOENT } from '../../base/errno.ts'
import { O_RDONLY } from '../../kernel/file.ts'
import { sysfs_write } from '../../kernel/path_io.ts'
import { check } from '../../define/model.ts'
import type { Race } from './driver_race.ts'
import type { Machine } from './machine.ts'
import {
  add,
  added,
  boundTo,
  cat,
  driverOf,
  echo,
  open,
  tidy,
  unregister,
  withdraw,
} from './machine_bodies.ts'
import { answer, answerOf } from './world.ts'

const FILES = '/sys/bus/b/drivers/drv'

const bothAdded = (s: Machine) => {
  added('drv', 'one')(s)
  return {
    unbind: open(`${FILES}/unbind`),
    bind: open(`${FILES}/bind`),
    uevent: open('/sys/bus/b/devices/one/uevent', O_RDONLY),
    probe: open('/sys/bus/b/drivers_probe'),
    autoprobe: open('/sys/bus/b/drivers_autoprobe'),
  }
}
const unboundBoth = (s: Machine) => {
  const files = bothAdded(s)
  echo(0, 'unbind', 'one')({ ...s, ...files })
  return files
}

/** The file is written while the device goes. */
const besideDel = (file: string, before: NonNullable<Race['before']>): Race => ({
  name: `${file}-del`,
  what: `the file ${file} ‖ the device is removed`,
  before,
  bound: 1,
  cpus: [echo(0, file, 'one'), unregister('one')],
  finish(s) {
    tidy(s, ['one'])
    check([3, -ENODEV].includes(answerOf(s, 0)), `${file} returned ${answerOf(s, 0)}`)
  },
})

/** The file is written while the driver goes. */
const besideWithdraw = (file: string, before: NonNullable<Race['before']>): Race => ({
  name: `${file}-withdraw`,
  what: `the file ${file} ‖ the driver is unregistered`,
  before,
  bound: 1,
  cpus: [echo(0, file, 'one'), withdraw('drv')],
  finish(s) {
    tidy(s)
    boundTo(s, 'one', 0)
  },
})

/** The races of the files. */
export const FILE_RACES: readonly Race[] = [
  besideDel('unbind', bothAdded),
  besideWithdraw('unbind', bothAdded),
  besideDel('bind', unboundBoth),
  besideWithdraw('bind', unboundBoth),
  {
    name: 'bind-unbind',
    what: 'the file bind ‖ the file unbind',
    before: bothAdded,
    bound: 1,
    cpus: [echo(0, 'bind', 'one'), echo(1, 'unbind', 'one')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', driverOf(s.one))
    },
  },
  {
    name: 'show-unbind',
    what: 'the uevent file of a device is read ‖ its driver is unbound',
    before: bothAdded,
    cpus: [cat(0, 'uevent'), echo(1, 'unbind', 'one')],
    finish: (s) => tidy(s),
  },
  {
    name: 'autoprobe-add',
    what: 'drivers_autoprobe is written ‖ a device is added',
    before: bothAdded,
    cpus: [echo(0, 'autoprobe', '0'), add('two')],
    finish: (s) => tidy(s),
  },
  {
    name: 'probe-withdraw',
    what: 'drivers_probe is written ‖ the driver is unregistered',
    before: unboundBoth,
    bound: 1,
    cpus: [echo(0, 'probe', 'one'), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
    },
  },
  {
    name: 'synth-del',
    what: 'the uevent file of a device is written ‖ the device is removed',
    before: (s) => ({ ...bothAdded(s), synth: open('/sys/bus/b/devices/one/uevent') }),
    cpus: [echo(0, 'synth', 'add'), unregister('one')],
    finish: (s) => tidy(s, ['one']),
  },
  {
    name: 'path-del',
    what: 'unbind is written to by its path ‖ its driver is unregistered',
    before: bothAdded,
    bound: 1,
    cpus: [(s) => answer(s, 0, sysfs_write(`${FILES}/unbind`, 'one')), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
      check([3, -ENODEV, -ENOENT].includes(answerOf(s, 0)), `the write returned ${answerOf(s, 0)}`)
    },
  },
]
