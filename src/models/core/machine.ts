/**
 * The machine that the models of devices and drivers start from: a bus, a parent device that is on none, two devices and two
 * drivers of the bus, prepared and not added.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { bus_register } from '../../kernel/device/bus.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { device_unregister } from '../../kernel/device/device_del.ts'
import { dev_set_name, device_initialize } from '../../kernel/device/device.ts'
import {
  bus_ops,
  bus_type,
  device,
  device_driver,
  device_releases,
  driver_ops,
} from '../../kernel/device/device_struct.ts'
import { driver_init, driver_register, driver_unregister } from '../../kernel/device/driver.ts'
import { kernfs_active_nodes } from '../../kernel/kernfs/node.ts'
import { qstr, qstr_set_text } from '../../kernel/qstr.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { check, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { answersOf, onEach } from './world.ts'

/** A device of the models. */
export const thing = struct('explored_device', {
  dev: embed(device),
  /** Probes minus removes. */
  bound: word,
  /** Address of the word that says whether it was released. */
  gone: word,
})
const D = device.offset
const T = thing.offset

/** What set-up leaves to the bodies. */
export interface Machine extends Record<string, number> {
  readonly bus: number
  readonly drv: number
  readonly drv2: number
  readonly parent: number
  readonly one: number
  readonly two: number
  /** Two words: `one` was released, `two` was. */
  readonly gone: number
  /** Nodes of sysfs without devices and drivers. */
  readonly before: number
  /** What each CPU was told. */
  readonly answers: number
}
/** What one CPU does. */
export type Body = (s: Machine) => void

const released = device_releases.define('explored_device', (dev) => {
  write(read(dev + T.gone), read(read(dev + T.gone)) + 1)
  trace_free(dev, thing.words, thing.name)
})
const busOps = bus_ops.define('explored_bus', {})
const drvOps = driver_ops.define('explored_driver', {
  probe(dev) {
    write(dev + T.bound, read(dev + T.bound) + 1)
    check(read(dev + T.bound) === 1, 'a device is probed that has a driver')
    return 0
  },
  remove(dev) {
    write(dev + T.bound, read(dev + T.bound) - 1)
    check(read(dev + T.bound) === 0, 'a device is removed that has no driver')
  },
})

/** A name, for good. */
export function text(s: string): Addr<'qstr'> {
  const name = as<'qstr'>(alloc_boot(qstr.words))
  check(qstr_set_text(name, s) === 0, 'no memory')
  return name
}

/** A device, not added. */
export function makeDevice(scene: Scene, name: string, bus: number, parent: number, gone: number): number {
  const dev = scene.name(alloc_boot(thing.words), name, thing)
  device_initialize(as(dev))
  write(dev + D.bus, bus)
  write(dev + D.parent, parent)
  write(dev + D.release, released)
  write(dev + T.gone, gone)
  dev_set_name(as(dev), text(name))
  return dev
}

function makeDriver(scene: Scene, name: string, bus: number): number {
  const drv = scene.name(alloc_boot(device_driver.words), name, device_driver)
  driver_init(as(drv), text(name), as(bus), as(0), drvOps)
  return drv
}

/** A device and a driver come and go: the CPU's magazines are full then. */
function warmUp(scene: Scene, bus: number, parent: number): void {
  const drv = makeDriver(scene, 'warm', bus)
  check(driver_register(as(drv)) === 0, 'driver_register')
  const dev = makeDevice(scene, 'warm', bus, parent, alloc_boot(1))
  check(device_add(as(dev)) === 0, 'device_add')
  device_unregister(as(dev))
  driver_unregister(as(drv))
}

/** Boots it, and goes on with `more`. */
export function machine(
  secondOrder: boolean,
  cpus: number,
  more?: (s: Machine) => Readonly<Record<string, number>> | void,
): (scene: Scene) => Machine {
  return (scene) => {
    bootKernel(secondOrder)
    const bus = scene.name(alloc_boot(bus_type.words), 'bus', bus_type)
    check(bus_register(as(bus), text('b'), busOps) === 0, 'bus_register')
    const gone = scene.name(alloc_boot(3), 'gone', 3)
    const parent = makeDevice(scene, 'parent', 0, 0, gone + 2)
    check(device_add(as(parent)) === 0, 'device_add')
    onEach(scene, cpus, () => warmUp(scene, bus, parent))
    const s: Machine = {
      bus,
      drv: makeDriver(scene, 'drv', bus),
      drv2: makeDriver(scene, 'drv2', bus),
      parent,
      one: makeDevice(scene, 'one', bus, parent, gone),
      two: makeDevice(scene, 'two', bus, parent, gone + 1),
      gone,
      before: kernfs_active_nodes(),
      answers: answersOf(scene, cpus),
    }
    return { ...s, ...more?.(s) }
  }
}
