import { expect, test } from 'vitest'
import { as, EAGAIN, EEXIST, ENODEV, Oops } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { current, TASK_DEAD, task_struct } from '#lockstorm/mem/index'
import { read } from '#lockstorm/mem/access.fast'
import { bootKernel, must, name } from './fixture.ts'

const log: string[] = []
const ops = k.module_ops.define('m', {
  init: (mod) => {
    log.push(`init ${k.name_text(k.kobject_name(k.module_kobj(mod)))}`)
    return 0
  },
  exit: (mod) => {
    log.push(`exit, state ${k.module_state(mod)}, get ${k.try_module_get(mod)}`)
  },
})
const seen: k.Module[] = []
const telling = k.module_ops.define('m.telling', { init: (mod) => (seen.push(mod), -ENODEV) })
const eager = k.module_ops.define('m.eager', {
  init: (mod) => {
    log.push(`delete ${k.delete_module(mod)}`)
    return 0
  },
})
const failing = k.module_ops.define('m.failing', { init: () => -ENODEV })

function load() {
  bootKernel()
  log.length = 0
  return must(k.module_load(name('mtty'), ops), 'module')
}

test('a module has a directory and announces itself, and both end with it', () => {
  const mod = load()
  expect(k.sysfs_list('/sys/module')).toEqual(['mtty'])
  expect(k.delete_module(mod)).toBe(0)
  expect(k.sysfs_list('/sys/module')).toEqual([])
  expect(k.uevent_records().map((e) => `${e.action} ${e.devpath} ${e.subsystem}`)).toEqual([
    'add /module/mtty module',
    'remove /module/mtty module',
  ])
})

test('a module in use does not unload', () => {
  const mod = load()
  expect(k.try_module_get(mod)).toBe(true)
  expect(k.module_refcount(mod)).toBe(1)
  expect(k.delete_module(mod)).toBe(-EAGAIN)
  expect(log).toEqual(['init mtty'])
  k.module_put(mod)
  expect(k.delete_module(mod)).toBe(0)
})

test('a module that is going takes no users, and does not go twice', () => {
  const mod = load()
  expect(k.delete_module(mod)).toBe(0)
  expect(log).toEqual(['init mtty', `exit, state ${k.MODULE_GOING}, get false`])
  expect(k.delete_module(mod)).toBe(-EAGAIN)
  expect(k.try_module_get(mod)).toBe(false)
})

test('built-in code, NULL, is always there', () => {
  bootKernel()
  expect(k.try_module_get(as(0))).toBe(true)
  k.module_put(as(0))
  k.check_mapped(as(0))
})

test('an init that fails leaves nothing and gives its errno', () => {
  bootKernel()
  expect(k.module_load(name('bad'), failing)).toBe(-ENODEV)
  expect(k.sysfs_list('/sys/module')).toEqual([])
})

test('a module whose init has failed gets no users', () => {
  bootKernel()
  seen.length = 0
  expect(k.module_load(name('bad'), telling)).toBe(-ENODEV)
  expect(seen.map((mod) => k.try_module_get(mod))).toEqual([false])
})

test('a module does not unload before its init is over', () => {
  bootKernel()
  const mod = must(k.module_load(name('eager'), eager), 'module')
  expect(log.at(-1)).toBe(`delete ${-EAGAIN}`)
  expect(k.module_refcount(mod)).toBe(0)
  expect(k.delete_module(mod)).toBe(0)
})

test('a module is loaded once', () => {
  load()
  expect(k.module_load(name('mtty'), ops)).toBe(-EEXIST)
  expect(log).toEqual(['init mtty'])
})

test('what uses a module after its unload dies of an Oops that names it', () => {
  const mod = load()
  k.check_mapped(mod)
  k.delete_module(mod)
  function remove_store(): void {
    k.check_mapped(mod)
  }
  expect(remove_store).toThrow(Oops)
  expect(k.oops_count()).toBe(1)
  const [one] = k.kernel_reports()
  expect(one).toMatchObject({ kind: 'oops', rip: 'remove_store', cpu: 0, pid: 1, name: 'mtty' })
  expect(one?.address).toBeGreaterThan(0)
  expect(read(current() + task_struct.offset.state)).toBe(TASK_DEAD)
})

function mdev_device_remove_ops(): void {
  k.oops('BUG: unable to handle kernel paging request at', 0x1234)
}

test('the text of an Oops looks like one', () => {
  bootKernel()
  let text = ''
  try {
    mdev_device_remove_ops()
  } catch (error) {
    text = (error as Oops).report
  }
  const lines = text.split('\n')
  expect(lines.slice(0, 5)).toEqual([
    'BUG: unable to handle kernel paging request at 0x00001234',
    'Oops: 0000 [#1] SMP',
    'CPU: 0 PID: 1 Comm: cpu/0',
    'RIP: 0010:mdev_device_remove_ops',
    'Call Trace:',
  ])
  expect(lines[5]).toBe(' mdev_device_remove_ops')
})
