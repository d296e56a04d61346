/**
 * What the models of devices and drivers do to their machine, and what must hold of it at the end.
 */
import { read } from '#access'
import { as } from '../../base/addr.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { device_unregister } from '../../kernel/device/device_del.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { driver_register, driver_unregister } from '../../kernel/device/driver.ts'
import { O_WRONLY, vfs_open, vfs_read, vfs_write } from '../../kernel/file.ts'
import { busy_nodes, dangling_links } from '../../kernel/invariants.ts'
import { kernfs_active_nodes, kernfs_put } from '../../kernel/kernfs/node.ts'
import { kern_path } from '../../kernel/path.ts'
import { check } from '../../define/model.ts'
import { thing, type Body, type Machine } from './machine.ts'
import { answer, must, quiet } from './world.ts'

const D = device.offset
const T = thing.offset

/** Opens a file of sysfs. */
export function open(path: string, flags = O_WRONLY): number {
  const kn = must<'kernfs_node'>(path, kern_path(path, true))
  const of = must('open', vfs_open(kn, flags))
  kernfs_put(kn)
  return of
}

/** What is added before the bodies run. */
export function added(...what: readonly ('one' | 'two' | 'drv' | 'drv2')[]): (s: Machine) => void {
  return (s) => {
    for (const name of what) {
      const error = name.startsWith('drv') ? driver_register(as(s[name])) : device_add(as(s[name]))
      check(error === 0, `${name}: ${error}`)
    }
  }
}

/** A device is added. */
export const add =
  (which: 'one' | 'two'): Body =>
  ({ [which]: dev }) =>
    check(device_add(as(dev)) === 0, 'device_add')

/** A device is removed. */
export const unregister =
  (which: 'one' | 'two'): Body =>
  ({ [which]: dev }) =>
    device_unregister(as(dev))

/** A driver is registered. */
export const register =
  (which: 'drv' | 'drv2'): Body =>
  ({ [which]: drv }) =>
    check(driver_register(as(drv)) === 0, 'driver_register')

/** A driver is unregistered. */
export const withdraw =
  (which: 'drv' | 'drv2'): Body =>
  ({ [which]: drv }) =>
    driver_unregister(as(drv))

/** Writes a text to the file of that name in the state. */
export const echo =
  (cpu: number, file: string, what: string): Body =>
  (s) =>
    answer(s, cpu, vfs_write(as(s[file] as number), what))

/** Reads it. */
export const cat =
  (cpu: number, file: string): Body =>
  (s) => {
    const got = vfs_read(as(s[file] as number))
    answer(s, cpu, typeof got === 'string' ? got.length : got)
  }

/** The driver that has the device. */
export function driverOf(dev: number): number {
  return read(dev + D.driver)
}

/** Nothing hangs on nothing, and the log is empty. With `devices` and `drivers` gone, nothing of them is left. */
export function tidy(s: Machine, gone: readonly ('one' | 'two')[] = [], empty = false): void {
  quiet()
  check(busy_nodes().length === 0, `busy: ${busy_nodes().join(' ')}`)
  check(dangling_links().length === 0, `dangling: ${dangling_links().join(' ')}`)
  for (const which of gone) {
    const times = read(s.gone + (which === 'one' ? 0 : 1))
    check(times === 1, `${which} was released ${times} times`)
  }
  const left = kernfs_active_nodes() - s.before
  check(!empty || left === 0, `${left} nodes are left`)
}

/** The device is bound to the driver, 0 for none, and says so everywhere. */
export function boundTo(s: Machine, which: 'one' | 'two', drv: number): void {
  const dev = s[which]
  check(driverOf(dev) === drv, `${which} has another driver`)
  check(read(dev + T.bound) === (drv === 0 ? 0 : 1), 'probe and remove were not called in turn')
  check((read(dev + D.knode_driver) !== 0) === (drv !== 0), 'the list of the driver is wrong')
}
