/**
 * Models of devices and drivers that come and go beside each other: a device has a driver once or not at all, one that is gone has
 * none, and nothing of either is left in sysfs or on a list.
 */
import { trace_free } from '#trace'
import { ENODEV } from '../../../base/errno.ts'
import { device_driver } from '../../../kernel/device_struct.ts'
import { O_RDONLY } from '../../../kernel/file.ts'
import { check, defineModel, type Model } from '../../model.ts'
import { machine, type Body, type Machine } from './machine.ts'
import {
  add,
  added,
  boundTo,
  cat,
  driverOf,
  echo,
  open,
  register,
  tidy,
  unregister,
  withdraw,
} from './machine_bodies.ts'
import { answerOf, BOOTED } from './world.ts'

interface Race {
  readonly name: string
  readonly what: string
  readonly before?: (s: Machine) => Readonly<Record<string, number>> | void
  readonly cpus: readonly Body[]
  readonly finish: (s: Machine) => void
  readonly bound?: number
  readonly expect?: Model['expect']
}

/** Unregisters the driver, whose memory is then gone. */
function rmdriver(s: Machine): void {
  withdraw('drv')(s)
  trace_free(s.drv, device_driver.words, device_driver.name)
}

const nothing = (): void => {}
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

const RACES: readonly Race[] = [
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
    name: 'unbind-del',
    what: 'the file unbind ‖ the device is removed',
    before: bothAdded,
    bound: 1,
    cpus: [echo(0, 'unbind', 'one'), unregister('one')],
    finish(s) {
      tidy(s, ['one'])
      check([3, -ENODEV].includes(answerOf(s, 0)), `unbind returned ${answerOf(s, 0)}`)
    },
  },
  {
    name: 'unbind-withdraw',
    what: 'the file unbind ‖ the driver is unregistered',
    before: bothAdded,
    bound: 1,
    cpus: [echo(0, 'unbind', 'one'), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
    },
  },
  {
    name: 'bind-del',
    what: 'the file bind ‖ the device is removed',
    before: unboundBoth,
    bound: 1,
    cpus: [echo(0, 'bind', 'one'), unregister('one')],
    finish(s) {
      tidy(s, ['one'])
      check([3, -ENODEV].includes(answerOf(s, 0)), `bind returned ${answerOf(s, 0)}`)
    },
  },
  {
    name: 'bind-withdraw',
    what: 'the file bind ‖ the driver is unregistered',
    before: unboundBoth,
    bound: 1,
    cpus: [echo(0, 'bind', 'one'), withdraw('drv')],
    finish(s) {
      tidy(s)
      boundTo(s, 'one', 0)
    },
  },
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
    name: 'show-control',
    what: 'WRONG, and so in kernels before 2024: uevent is read ‖ the driver is unregistered, and its memory freed',
    before: bothAdded,
    cpus: [cat(0, 'uevent'), rmdriver],
    finish: nothing,
    expect: 'use after free',
  },
]

/** Models of devices and drivers under both schemes of locking. */
export const driverModels: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(({ name, what, before, cpus, finish, bound, expect }) =>
    defineModel<Machine>({
      name: `driver-${name}:${secondOrder ? 'global' : 'sharded'}`,
      summary: what,
      setup: machine(secondOrder, cpus.length, before),
      cpus,
      finish,
      ...BOOTED,
      ...(bound !== undefined && { bound }),
      ...(expect !== undefined && { expect }),
    }),
  ),
)
