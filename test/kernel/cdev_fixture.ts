import * as k from '#lockstorm/kernel/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootKernel, must, name, zalloc } from './fixture.ts'

/** What the operations of the tests did, in order. */
export const log: string[] = []

/** A fresh kernel with work queue, interrupts, PCI and cdevs; this thread is CPU 0. */
export function bootChardev(cpus = 5): SharedArrayBuffer {
  const sab = bootKernel({}, cpus)
  const error = k.chardev_subsystems_init()
  if (error !== 0) throw new Error(`chardev_subsystems_init: ${error}`)
  log.length = 0
  return sab
}

const release = k.device_releases.define('cdev.test', (dev) => {
  log.push(`release device ${k.name_text(k.dev_name(dev))}`)
})

/** A class device with a number of its own and a cdev, not added. */
export function prepareCharDevice(text: string, ops: number) {
  const dev = zalloc(k.device)
  const cd = zalloc(k.cdev)
  const major = k.register_chrdev_region()
  k.device_initialize(dev)
  write(dev + k.device.offset.class, must(k.class_create(name(`${text}_class`))))
  write(dev + k.device.offset.release, release)
  write(dev + k.device.offset.major, major)
  k.dev_set_name(dev, name(text))
  k.cdev_init(cd, ops)
  return { dev, cd, devt: k.MKDEV(major, 0) }
}

/** prepareCharDevice, added. */
export function makeCharDevice(text: string, ops: number) {
  const made = prepareCharDevice(text, ops)
  const error = k.cdev_device_add(made.cd, made.dev)
  if (error !== 0) throw new Error(`cdev_device_add: ${error}`)
  return made
}

/** References to a device. */
export function refs(dev: k.Device): number {
  return read(dev + k.device.offset.kobj + k.kobject.offset.kref)
}
