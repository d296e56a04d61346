/**
 * Models of devices that come and go while others walk over the children of their parent, the devices of their bus or of their
 * class: a walker never sees a device that was released.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { bus_find_device_by_name, bus_for_each_dev } from '../../kernel/device/bus.ts'
import { bus_register_notifier, bus_unregister_notifier } from '../../kernel/device/bus_notify.ts'
import { device_for_each_child } from '../../kernel/device/device_children.ts'
import { device_unregister } from '../../kernel/device/device_del.ts'
import { put_device } from '../../kernel/device/device.ts'
import { bus_notifiers, device, type Device } from '../../kernel/device/device_struct.ts'
import { klist } from '../../kernel/device/klist.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { list_count } from '../../mem/list.ts'
import { check, defineModel, type Model } from '../../define/model.ts'
import { machine, thing, type Body, type Machine } from './machine.ts'
import { add, added, tidy, unregister } from './machine_bodies.ts'
import { BOOTED } from './world.ts'

const NAME = device.offset.kobj
const GONE = thing.offset.gone
const DATA = rootAddr('test')

function look(dev: Device): number {
  check(read(dev + GONE) !== 0 && read(dev + NAME) !== 0, 'a walker sees what is no device')
  return 0
}

const children: Body = ({ parent }) => device_for_each_child(as(parent), look)

const ofBus: Body = ({ bus }) => bus_for_each_dev(as(bus), look)

/** Finds a device, keeps it for a moment, gives it back. */
function find({ bus }: Machine): void {
  const dev = bus_find_device_by_name(as(bus), 'one')
  if (dev !== 0) look(dev)
  put_device(dev)
}

/** Unregisters every child it meets, as the removal of a parent does. */
function clear({ parent }: Machine): void {
  device_for_each_child(as(parent), (dev) => {
    device_unregister(dev)
    return 0
  })
}

/** Works on memory that is gone when its registration is: its address is in `rootAddr('test')`. */
const listener = bus_notifiers.define('explored_notifier', () => void read(read(DATA)))

function listen({ bus }: Machine): void {
  check(bus_register_notifier(as(bus), listener) === 0, 'bus_register_notifier')
  check(bus_unregister_notifier(as(bus), listener) === 0, 'bus_unregister_notifier')
  trace_free(read(DATA), 1, 'data')
}

/** WRONG: keeps a child that it stood on, without a reference. */
function careless({ parent }: Machine): void {
  let last: Device = as(0)
  device_for_each_child(as(parent), (dev) => {
    last = dev
    return 0
  })
  if (last !== 0) look(last)
}

const both = added('one', 'two')
const ONE = ['one'] as const
const BOTH = ['one', 'two'] as const
type Gone = readonly ('one' | 'two')[]

/** Name, what runs, what is there before, the CPUs, what is released at the end, and how many children are left. */
const RACES: readonly (readonly [
  string,
  string,
  (s: Machine) => void,
  readonly Body[],
  Gone,
  number,
  Partial<Model<Machine>>?,
])[] = [
  ['children-add', 'a walk over children ‖ one is added', added('one'), [children, add('two')], [], 2],
  ['children-del', 'a walk over children ‖ one is removed', both, [children, unregister('one')], ONE, 1],
  [
    'clear-add',
    'all children are removed ‖ one is added',
    added('one'),
    [clear, add('two')],
    ONE,
    0,
    { bound: 1 },
  ],
  [
    'clear-walk',
    'all children are removed ‖ a walk over them',
    both,
    [clear, children],
    BOTH,
    0,
    { bound: 2 },
  ],
  ['bus-del', 'a walk over the devices of a bus ‖ one is removed', both, [ofBus, unregister('one')], ONE, 1],
  ['find-del', 'a device is found by name ‖ it is removed', both, [find, unregister('one')], ONE, 1],
  [
    'add-del',
    'a device is added ‖ another is removed',
    added('one'),
    [add('two'), unregister('one')],
    ONE,
    1,
    { bound: 1 },
  ],
  [
    'listen-add',
    'a notifier comes and goes ‖ a device is added',
    () => write(DATA, alloc_boot(1)),
    [listen, add('one')],
    [],
    1,
  ],
  [
    'child-control',
    'WRONG: a child is kept without a reference ‖ it is removed',
    both,
    [careless, unregister('two')],
    ['two'],
    1,
    { expect: 'use after free' },
  ],
]

const walks = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, before, cpus, gone, left, more]) =>
    defineModel<Machine>({
      name: `device-${name}:${secondOrder ? 'global' : 'sharded'}`,
      summary: what,
      setup: machine(secondOrder, cpus.length, before),
      cpus,
      finish(s) {
        const count = list_count(klist.at.k_list(device.at.klist_children(as(s.parent))))
        if (name === 'clear-add') return tidy(s, read(s.gone + 1) === 1 ? BOTH : ONE)
        tidy(s, gone)
        check(count === left, `${count} children, not ${left}`)
      },
      ...BOOTED,
      ...more,
    }),
  ),
)

/** Models of devices under both schemes of locking. */
export const deviceModels: readonly Model[] = walks
