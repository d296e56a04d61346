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
