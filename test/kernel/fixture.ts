import { as } from '#lockstorm/base/index'
import { write } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena, strings_init } from '#lockstorm/mem/index'
import * as k from '#lockstorm/kernel/index'
import { bus_type, device, device_driver } from '#lockstorm/kernel/index'

/** A fresh arena with a started kernel; this thread is CPU 0. */
export function bootKernel(options: k.KernelOptions = {}, cpus = 5): SharedArrayBuffer {
  const sab = createArena(1 << 24, cpus)
  strings_init()
  const error = k.kernel_init(options)
  if (error !== 0) throw new Error(`kernel_init: ${error}`)
  return sab
}

/** Address of a new object, or a throw with the errno. */
export function must<S extends string>(result: number, _struct?: S) {
  if (result <= 0) throw new Error(`errno ${result}`)
  return as<S>(result)
}

/** A name built from a text; valid until the next call. */
export function name(text: string) {
  const made = as<'qstr'>(alloc_boot(8))
  if (k.qstr_set_text(made, text) !== 0) throw new Error('no memory')
  return made
}

/** A zeroed struct, for good. */
export function zalloc<S extends string>(layout: { readonly name: S; readonly words: number }) {
  return as<S>(alloc_boot(layout.words))
}

/** Registers a bus with these operations. */
export function makeBus(text: string, ops: number) {
  const bus = zalloc(bus_type)
  const error = k.bus_register(bus, name(text), ops)
  if (error !== 0) throw new Error(`bus_register: ${error}`)
  return bus
}

/** Prepares and registers a driver. */
export function makeDriver(text: string, bus: k.Bus, ops: number) {
  const drv = zalloc(device_driver)
  k.driver_init(drv, name(text), bus, as(0), ops)
  const error = k.driver_register(drv)
  if (error !== 0) throw new Error(`driver_register: ${error}`)
  return drv
}

/** Prepares a device on a bus below a parent, not added. */
export function prepareDevice(text: string, bus: k.Bus, parent: k.Device, release: number) {
  const dev = zalloc(device)
  k.device_initialize(dev)
  write(dev + device.offset.bus, bus)
  write(dev + device.offset.parent, parent)
  write(dev + device.offset.release, release)
  k.dev_set_name(dev, name(text))
  return dev
}
