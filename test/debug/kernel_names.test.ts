/** A call trace shows what a kernel's would show. */
import { expect, test } from 'vitest'
import { isKernelName } from '#lockstorm/base/kernel_names'

test.each([
  'device_add',
  '__device_attach',
  'really_probe',
  'create_store',
  'kernfs_fop_write',
  '__kernfs_remove',
  'kfree',
])('%s is a function of the kernel', (name) => {
  expect(isKernelName(name)).toBe(true)
})

test.each([
  '__device_add',
  '__really_probe',
  '__create_store',
  'add_groups_and_bus',
  'remove_found',
  'wait_until_released',
  'echoRemove',
  'run',
  'sysfs_write',
])('%s is ours', (name) => {
  expect(isKernelName(name)).toBe(false)
})
