import { expect, test } from 'vitest'
import { as, EINVAL } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { intern } from '#lockstorm/mem/index'
import { bootKernel, must, name } from './fixture.ts'

const PLAIN = k.static_name('answer %d of %u, %x, said %s')
const ABOUT = k.static_name('MDEV: Registered')
const NAMED = k.static_name('probe of %N failed with error %d')
const STATE = k.static_name('MDEV_STATE=registered')

function texts() {
  return k.printk_records().map((line) => line.text)
}

test('a line is stored as words and read back as text', () => {
  bootKernel()
  k.printk(k.KERN_INFO, PLAIN, -42, -1, 255, intern('nobody'))
  k.printk_name(k.KERN_INFO, ABOUT, intern('mtty'), name('mtty'))
  k.printk_name(k.KERN_WARNING, NAMED, intern('mtty'), name('dev'), -28)
  expect(texts()).toEqual([
    'answer -42 of 4294967295, ff, said nobody',
    'mtty mtty: MDEV: Registered',
    'mtty: probe of dev failed with error -28',
  ])
  expect(k.printk_records()[2]).toMatchObject({ seq: 2, cpu: 0, level: k.KERN_WARNING })
})

test('the log keeps the newest lines, and the reader sees from their numbers what it lost', () => {
  bootKernel({ logRecords: 4 })
  for (let i = 0; i < 10; i++) k.printk(k.KERN_INFO, PLAIN, i)
  expect(k.printk_records().map((line) => line.seq)).toEqual([6, 7, 8, 9])
})

test('a line about a device begins with its driver, bus or class', () => {
  bootKernel()
  const cls = must(k.class_create(name('mtty')), 'class')
  const dev = must(k.device_create(cls, as(0), 0, 0, name('mtty')), 'device')
  k.dev_printk(k.KERN_INFO, dev, ABOUT)
  expect(texts()).toEqual(['mtty mtty: MDEV: Registered'])
})

test('a uevent carries its variables in the order of the kernel', () => {
  bootKernel()
  const cls = must(k.class_create(name('vfio')), 'class')
  const dev = must(k.device_create(cls, as(0), 254, 3, name('3')), 'device')
  k.qstr_set_number(k.device.at.devnode(dev), intern('vfio/'), 3)
  expect(k.kobject_uevent_env(k.device.at.kobj(dev), k.KOBJ_CHANGE, STATE)).toBe(0)
  expect(k.uevent_records().at(-1)?.env).toEqual([
    'ACTION=change',
    'DEVPATH=/devices/virtual/vfio/3',
    'SUBSYSTEM=vfio',
    'MDEV_STATE=registered',
    'MAJOR=254',
    'MINOR=3',
    'DEVNAME=vfio/3',
    `SEQNUM=${k.uevent_seqnum()}`,
  ])
})

test('an object outside any kset sends no uevent, and a directory inside a device none either', () => {
  bootKernel()
  const alone = must(k.kobject_create_and_add(name('alone'), as(0)), 'kobject')
  expect(k.kobject_uevent(alone, k.KOBJ_ADD)).toBe(-EINVAL)
  const cls = must(k.class_create(name('mtty')), 'class')
  const dev = must(k.device_create(cls, as(0), 0, 0, name('mtty')), 'device')
  const inside = must(k.kobject_create_and_add(name('inside'), k.device.at.kobj(dev)), 'kobject')
  const sent = k.uevent_count()
  expect(k.kobject_uevent(inside, k.KOBJ_ADD)).toBe(0)
  expect(k.uevent_count()).toBe(sent)
})

test('an object that announced itself and was dropped without a word is still said to be removed', () => {
  bootKernel()
  const cls = must(k.class_create(name('mtty')), 'class')
  k.kobject_put(k.class_struct.at.subsys(cls) as never)
  expect(k.uevent_records().map((e) => `${e.action} ${e.devpath} ${e.subsystem}`)).toEqual([
    'add /class/mtty class',
    'remove /class/mtty class',
  ])
})
