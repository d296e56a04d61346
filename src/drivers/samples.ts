/**
 * The sample drivers as modules: what surrounds their parents in Linux 6.1. Each takes a character device number that nobody opens,
 * gives its mdevs a directory `vendor`, and says what the recorded kernel was seen to say.
 *
 * Context   module load and unload; one sample of a kind at a time, its parameter says how many parents it has (0: one).
 * Source    samples/vfio-mdev/{mtty,mdpy,mbochs}.c, by behaviour; a recorded session
 */
import { register_chrdev_region, unregister_chrdev_region } from '../kernel/cdev/cdev.ts'
import { define_attribute, define_groups } from '../kernel/device/attribute.ts'
import { dev_name, dev_printk } from '../kernel/device/device.ts'
import { driver_ops, type Device } from '../kernel/device/device_struct.ts'
import { module_param } from '../kernel/module.ts'
import { module_ops } from '../kernel/module_struct.ts'
import { KERN_DEBUG, KERN_INFO, printk, printk_debug } from '../kernel/printk.ts'
import { name_text } from '../kernel/qstr.ts'
import { static_name } from '../kernel/static_name.ts'
import { to_mdev_device } from '../mdev/identity.ts'
import { VFIO_VENDOR_DRIVER } from '../vfio/vfio_mdev.ts'
import { MBOCHS_PARENTS, mbochs_mbytes } from './mbochs/mbochs.ts'
import { MDPY_PARENTS, mdpy_size } from './mdpy/mdpy.ts'
import { MTTY_PARENTS } from './mtty/mtty.ts'
import { parents_exit, parents_init, parents_major, parents_set_major } from './parents.ts'

/** One of them. */
interface Sample {
  readonly parents: number
  /** The one file of `vendor`. */
  readonly file: string
  readonly show: (dev: Device) => string
  /** Lines of the log: before the major is known, with it, and when all has gone. */
  readonly begins?: string
  readonly major: string
  readonly released?: string
  readonly ends?: string
  /** Before a device goes. */
  readonly removes?: string
}

/** Key of a line, 0 for none. */
function line(text: string | undefined): number {
  return text === undefined ? 0 : static_name(text)
}

function say(level: number, key: number, arg = 0): void {
  if (key !== 0) printk(level, key, arg)
}

/** The vendor's driver, with its group of files. */
function driverOf(name: string, { file, show, removes }: Sample): number {
  const attr = define_attribute<'device'>(`${name}.${file}`, { name: file, mode: 0o444, show })
  const base = driver_ops.get(VFIO_VENDOR_DRIVER)
  const removing = line(removes)
  return driver_ops.define(`${name} sample`, {
    ...base,
    remove(dev) {
      if (removing !== 0) dev_printk(KERN_INFO, dev, removing)
      base.remove?.(dev)
    },
    dev_groups: define_groups(`${name} vendor`, [{ name: 'vendor', attrs: [attr] }]),
  })
}

function sampleModule(name: string, sample: Sample): number {
  const driver = driverOf(name, sample)
  const begins = line(sample.begins)
  const numbered = line(sample.major)
  const released = line(sample.released)
  const ends = line(sample.ends)
  return module_ops.define(`${name} sample`, {
    init(mod) {
      say(KERN_INFO, begins)
      const major = register_chrdev_region()
      if (major < 0) return major
      say(KERN_INFO, numbered, major)
      const error = parents_init(sample.parents, module_param(mod) || 1, driver, mod)
      if (error === 0) parents_set_major(mod, major)
      else unregister_chrdev_region(major)
      return error
    },
    exit(mod) {
      const major = parents_major(mod)
      parents_exit(mod)
      // The release of the parent's device, the last that parents_exit does.
      if (printk_debug()) say(KERN_DEBUG, released)
      unregister_chrdev_region(major)
      say(KERN_INFO, ends)
    },
  })
}

/** mtty, mdpy and mbochs: ids of module_ops. */
export const SAMPLES: Readonly<Record<'mtty' | 'mdpy' | 'mbochs', number>> = {
  mtty: sampleModule('mtty', {
    parents: MTTY_PARENTS,
    file: 'sample_mdev_dev',
    show: (dev) => `This is MDEV ${name_text(dev_name(dev))}\n`,
    begins: 'mtty_dev: mtty_dev_init',
    major: 'major_number:%d',
    released: 'mtty mtty: mtty: released',
    ends: 'mtty_dev: Unloaded!',
  }),
  mdpy: sampleModule('mdpy', {
    parents: MDPY_PARENTS,
    file: 'resolution',
    show: (dev) => `${mdpy_size(to_mdev_device(dev))}\n`,
    major: 'mdpy_dev_init: major %d',
    removes: 'mdpy_remove',
  }),
  mbochs: sampleModule('mbochs', {
    parents: MBOCHS_PARENTS,
    file: 'memory',
    show: (dev) => `${mbochs_mbytes(to_mdev_device(dev))} MB\n`,
    major: 'mbochs_dev_init: major %d',
  }),
}
