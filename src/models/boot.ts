/**
 * The small kernel that models of subsystems start from: its rings and tables hold what one execution writes.
 */
import { chardev_subsystems_init } from '../kernel/cdev/chardev_init.ts'
import { kernel_init } from '../kernel/init.ts'
import { strings_init } from '../mem/strings.ts'
import { check } from '../define/model.ts'

/**
 * Boots it.
 * @param secondOrder the locks that are not mdev's own: on, or off
 */
export function bootKernel(secondOrder = true, ueventRecords = 64): void {
  check(strings_init(512), 'no memory')
  check(kernel_init({ secondOrder, logRecords: 64, ueventRecords, reports: 16 }) === 0, 'kernel_init')
}

/** Boots it with character devices. */
export function bootChardevs(): void {
  bootKernel()
  check(chardev_subsystems_init() === 0, 'chardev_subsystems_init')
}
