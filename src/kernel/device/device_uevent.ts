/**
 * How devices appear in uevents, and their `uevent` file.
 *
 * Source   drivers/base/core.c (dev_uevent, uevent_show, uevent_store)
 */
import { read, READ_ONCE, write } from '#access'
import { as } from '../../base/addr.ts'
import { EINVAL } from '../../base/errno.ts'
import { define_attribute } from './attribute.ts'
import { device, type Device } from './device_struct.ts'
import { kobject, type Kobject } from './kobject_struct.ts'
import { kobj_to_dev } from './device.ts'
import { name_text, qstr_copy } from '../qstr.ts'
import { static_name } from '../static_name.ts'
import { kobject_uevent_env, kset_uevent_ops } from '../uevent.ts'
import { KOBJ_ACTIONS, UEVENT_DEVNAME, UEVENT_DRIVER, UEVENT_MAJOR, UEVENT_MINOR } from '../uevent_record.ts'

const D = device.offset
const NAME = kobject.offset.name
const SYNTH = static_name('SYNTH_UUID=0')

function dev_uevent(kobj: Kobject, record: number): void {
  if (read(kobj + D.major) !== 0) {
    write(record + UEVENT_MAJOR, read(kobj + D.major))
    write(record + UEVENT_MINOR, read(kobj + D.minor))
    qstr_copy(as(record + UEVENT_DEVNAME), as(kobj + D.devnode))
  }
  const driver = READ_ONCE(kobj + D.driver)
  if (driver !== 0) qstr_copy(as(record + UEVENT_DRIVER), as(driver + NAME))
}

/** Id of the operations of the devices kset. */
export const device_uevent_ops = kset_uevent_ops.define('device_uevent_ops', {
  filter: (kobj) => {
    const dev = kobj_to_dev(kobj)
    return dev !== 0 && (read(dev + D.bus) !== 0 || read(dev + D.class) !== 0)
  },
  name: (kobj) => read((read(kobj + D.bus) || read(kobj + D.class)) + NAME),
  uevent: dev_uevent,
})

/** Sends the uevent whose action is written: `echo change > uevent`. Returns the length, or -EINVAL. */
export function kobject_synth_uevent(kobj: Kobject, text: string): number {
  const action = KOBJ_ACTIONS.indexOf(text.trimEnd() as (typeof KOBJ_ACTIONS)[number])
  if (action < 0) return -EINVAL
  kobject_uevent_env(kobj, action, SYNTH)
  return text.length
}

function uevent_show(dev: Device): string {
  let text = ''
  if (read(dev + D.major) !== 0) {
    text = `MAJOR=${read(dev + D.major)}\nMINOR=${read(dev + D.minor)}\n`
    text += `DEVNAME=${name_text(device.at.devnode(dev))}\n`
  }
  const driver = READ_ONCE(dev + D.driver)
  return driver === 0 ? text : `${text}DRIVER=${name_text(as(driver + NAME))}\n`
}

/** The `uevent` file of a device. */
export const dev_attr_uevent = define_attribute<'device'>('device.uevent', {
  name: 'uevent',
  mode: 0o644,
  show: uevent_show,
  store: (dev, text) => kobject_synth_uevent(device.at.kobj(dev), text),
})

/** The `dev` file of a device with a number. */
export const dev_attr_dev = define_attribute<'device'>('device.dev', {
  name: 'dev',
  mode: 0o444,
  show: (dev) => `${read(dev + D.major)}:${read(dev + D.minor)}\n`,
})
