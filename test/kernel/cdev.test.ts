import { beforeEach, describe, expect, test } from 'vitest'
import { as, EBADF, EBUSY, EINVAL, ENODEV, ENOENT, ENOTTY, ENXIO } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { alloc_boot, set_fail_nth } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootChardev, log, makeCharDevice, prepareCharDevice } from './cdev_fixture.ts'
import { name } from './fixture.ts'

const answers = { open: 0, alive: true }
const ops = k.file_operations.define('cdev.test', {
  open: (_cd, file) => {
    write(file + k.file.offset.private_data, 42)
    return answers.open
  },
  release: (file) => {
    log.push(`release file ${read(file + k.file.offset.private_data)}`)
  },
  read: (_file, buf, count) => (k.put_user(7, buf) ? count : -14),
  write: (_file, _buf, count) => count,
  ioctl: () => (answers.alive ? 1 : -ENODEV),
})
const bare = k.file_operations.define('cdev.bare', {})

beforeEach(() => {
  bootChardev()
  Object.assign(answers, { open: 0, alive: true })
})

describe('a character device', () => {
  test('is opened by number or by its node in /dev, and its file calls the driver', () => {
    const { devt } = makeCharDevice('widget0', ops)
    const f = as<'file'>(k.chrdev_open(devt, k.O_RDWR))
    const buf = alloc_boot(16)
    expect(k.sys_read(f, buf, 4)).toBe(4)
    expect(read(buf)).toBe(7)
    expect([k.sys_write(f, buf, 9), k.sys_ioctl(f, 0, 0)]).toEqual([9, 1])
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT)).toBe(k.POLLIN | k.POLLOUT)
    k.sys_close(f)
    expect(log).toEqual(['release file 42'])
    const g = k.dev_open(name('widget0'), k.O_RDONLY)
    expect(g).toBeGreaterThan(0)
    k.sys_close(as(g))
    expect(k.open_char_files()).toBe(0)
  })

  test('refuses what the file was not opened for, and what the driver does not know', () => {
    const { devt } = makeCharDevice('widget0', bare)
    const r = as<'file'>(k.chrdev_open(devt, k.O_RDONLY))
    const w = as<'file'>(k.chrdev_open(devt, k.O_WRONLY | k.O_NONBLOCK))
    expect([k.sys_write(r, 0, 1), k.sys_read(w, 0, 1)]).toEqual([-EBADF, -EBADF])
    expect([k.sys_read(r, 0, 1), k.sys_write(w, 0, 1)]).toEqual([-EINVAL, -EINVAL])
    expect(k.sys_ioctl(r, 1, 1)).toBe(-ENOTTY)
  })

  test('without a cdev of the number answers ENXIO, without a node ENOENT', () => {
    expect(k.chrdev_open(k.MKDEV(99, 0), k.O_RDWR)).toBe(-ENXIO)
    expect(k.dev_open(name('nobody'), k.O_RDWR)).toBe(-ENOENT)
  })

  test('serves a range of minors, and a number can be taken once only', () => {
    const { cd, devt } = prepareCharDevice('range', ops)
    expect(k.cdev_add(cd, devt, 4)).toBe(0)
    expect(k.chrdev_open(devt + 3, k.O_RDWR)).toBeGreaterThan(0)
    expect(k.chrdev_open(devt + 4, k.O_RDWR)).toBe(-ENXIO)
    const other = prepareCharDevice('other', ops)
    expect(k.cdev_add(other.cd, devt + 1, 1)).toBe(-EBUSY)
    const third = prepareCharDevice('third', ops)
    expect(k.cdev_add(other.cd, devt + 9, 2)).toBe(0)
    expect(k.cdev_add(third.cd, devt + 8, 2)).toBe(-EBUSY)
    expect(k.cdev_add(third.cd, devt + 8, 1)).toBe(0)
    expect(k.cdev_add(third.cd, devt + 20, 0)).toBe(-EINVAL)
  })

  test('without a number has no cdev: any number of them can be added, and nothing opens them', () => {
    const [one, two] = [prepareCharDevice('one', ops), prepareCharDevice('two', ops)]
    for (const { dev } of [one, two]) write(dev + k.device.offset.major, 0)
    expect([k.cdev_device_add(one.cd, one.dev), k.cdev_device_add(two.cd, two.dev)]).toEqual([0, 0])
    expect(k.chrdev_open(0, k.O_RDWR)).toBe(-ENXIO)
    expect(k.dev_open(name('one'), k.O_RDWR)).toBe(-ENOENT)
    for (const { cd, dev } of [one, two]) {
      k.cdev_device_del(cd, dev)
      k.put_device(dev)
    }
    expect(log).toEqual(['release device one', 'release device two'])
    expect(k.warning_count()).toBe(0)
  })

  test('of major 0 opens by its number only: it has no node in /dev and no `dev` file', () => {
    const { cd, dev } = prepareCharDevice('minor', ops)
    write(dev + k.device.offset.major, 0)
    write(dev + k.device.offset.minor, 5)
    expect(k.cdev_device_add(cd, dev)).toBe(0)
    expect(k.dev_open(name('minor'), k.O_RDWR)).toBe(-ENOENT)
    expect(k.sysfs_list(`/sys/class/minor_class/minor`)).not.toContain('dev')
    k.sys_close(as(k.chrdev_open(k.MKDEV(0, 5), k.O_RDWR)))
    k.cdev_device_del(cd, dev)
    expect(k.chrdev_open(k.MKDEV(0, 5), k.O_RDWR)).toBe(-ENXIO)
  })

  test('cannot have the number 0:0, which no device has', () => {
    const { cd } = prepareCharDevice('zero', ops)
    expect(k.cdev_add(cd, 0, 2)).toBe(-EBUSY)
    expect(k.warning_count()).toBe(1)
    expect(k.chrdev_open(1, k.O_RDWR)).toBe(-ENXIO)
  })

  test('whose open refuses leaves nothing open', () => {
    const { devt } = makeCharDevice('widget0', ops)
    answers.open = -EBUSY
    expect(k.chrdev_open(devt, k.O_RDWR)).toBe(-EBUSY)
    expect(k.open_char_files()).toBe(0)
  })

  test('that cannot be added at any one step leaves nothing behind', () => {
    for (let nth = 1; ; nth++) {
      bootChardev()
      const { dev, cd, devt } = prepareCharDevice('widget0', ops)
      set_fail_nth(nth)
      const error = k.cdev_device_add(cd, dev)
      set_fail_nth(0)
      if (error === 0) break
      expect(k.chrdev_open(devt, k.O_RDWR)).toBe(-ENXIO)
      expect(k.dev_open(name('widget0'), k.O_RDWR)).toBe(-ENOENT)
      k.put_device(dev)
      expect(log).toEqual(['release device widget0'])
      expect(nth).toBeLessThan(100)
    }
  })
})

describe('files that are open when the device goes (row 33)', () => {
  test('keep the object and its operations; new opens fail; the device dies with the last of them', () => {
    const { dev, cd, devt } = makeCharDevice('widget0', ops)
    const f = as<'file'>(k.chrdev_open(devt, k.O_RDWR))
    answers.alive = false
    k.cdev_device_del(cd, dev)
    k.put_device(dev)
    expect(k.sys_ioctl(f, 0, 0)).toBe(-ENODEV)
    expect(k.chrdev_open(devt, k.O_RDWR)).toBe(-ENXIO)
    expect(k.dev_open(name('widget0'), k.O_RDWR)).toBe(-ENOENT)
    expect(log).toEqual([])
    k.get_file(f)
    k.sys_close(f)
    expect(log).toEqual([])
    k.sys_close(f)
    expect(log).toEqual(['release file 42', 'release device widget0'])
  })

  test('are lost by cdev_init, which says so; a cdev that nobody has any more may be used again', () => {
    const { dev, cd, devt } = makeCharDevice('widget0', ops)
    expect(k.chrdev_open(devt, k.O_RDWR)).toBeGreaterThan(0)
    k.cdev_device_del(cd, dev)
    k.cdev_init(cd, ops)
    expect(k.warning_count()).toBe(1)
    bootChardev()
    const again = makeCharDevice('widget1', ops)
    k.sys_close(as(k.chrdev_open(again.devt, k.O_RDWR)))
    k.cdev_device_del(again.cd, again.dev)
    k.cdev_init(again.cd, ops)
    expect(k.cdev_add(again.cd, again.devt, 1)).toBe(0)
    expect(k.warning_count()).toBe(0)
  })

  test('keep the module of their code', () => {
    const mod = as<'module'>(k.module_load(name('widget'), k.module_ops.define('widget', {})))
    const { cd, devt } = prepareCharDevice('widget0', ops)
    write(cd + k.cdev.offset.owner, mod)
    k.cdev_add(cd, devt, 1)
    const f = as<'file'>(k.chrdev_open(devt, k.O_RDWR))
    expect(k.module_refcount(mod)).toBe(1)
    k.sys_close(f)
    expect(k.module_refcount(mod)).toBe(0)
    expect(k.delete_module(mod)).toBe(0)
    expect(k.chrdev_open(devt, k.O_RDWR)).toBe(-ENXIO)
  })
})

test('a major that was given back is given out again', () => {
  bootChardev()
  const [one, two] = [k.register_chrdev_region(), k.register_chrdev_region()]
  k.unregister_chrdev_region(one)
  expect([k.register_chrdev_region(), k.register_chrdev_region()]).toEqual([one, two - 1])
})
