/**
 * Two or three devices that share an IOMMU group, and a user of one: what the races of the VFIO mail are made of.
 *
 * Words   those of the scenario from SHARED on: the IOMMU group, the devices, the user.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { platform_device_create, platform_init } from '../../drivers/index.ts'
import { dev_name } from '../../kernel/device/device.ts'
import type { Device } from '../../kernel/device/device_struct.ts'
import { iommu_group_alloc, vfio_counts } from '../../vfio/index.ts'
import * as user from './vfio_user.ts'

/** First of the shared words that the kit uses; the ones before it are the scenario's own. */
const SHARED = 16
const GROUP = SHARED
const DEVICES = SHARED + 1
const USER = SHARED + 5

/** The IOMMU group. */
export function groupOf(words: number): Addr<'iommu_group'> {
  return as(read(words + GROUP))
}

/** The n-th device. */
export function deviceOf(words: number, n: number): Device {
  return as(read(words + DEVICES + n))
}

/** Makes the bus and so many devices of one IOMMU group, unbound. Returns 0 or a negative errno. */
export function makeDevices(words: number, count: number): number {
  const ret = platform_init()
  if (ret !== 0) return ret
  const group = iommu_group_alloc()
  if (group < 0) return group
  write(words + GROUP, group)
  for (let n = 0; n < count; n++) {
    const dev = platform_device_create(n, as(group))
    if (dev < 0) return dev
    write(words + DEVICES + n, dev)
  }
  return 0
}

/** One more device that joins the group. Returns 0 or a negative errno. */
export function joinGroup(words: number, n: number): number {
  return Math.min(0, platform_device_create(n, groupOf(words)))
}

/** A user opens container, group and the n-th device, and wants to be asked by an eventfd. Returns 0 or a negative errno. */
export function useDevice(words: number, n: number): number {
  user.makeUser(words + USER)
  return user.userOpens(words + USER, dev_name(deviceOf(words, n)))
}

/** By which the user of useDevice is asked. */
export function eventfdOf(words: number): Addr<'eventfd'> {
  return user.eventfdOf(words + USER)
}

/** The user closes the device. Returns 0 or a negative errno. */
export function closeDevice(words: number): number {
  return user.userClosesDevice(words + USER)
}

/** The user closes group and container. Returns 0 or a negative errno. */
export function closeGroup(words: number): number {
  return user.userClosesGroup(words + USER)
}

/** What should not be there any more: one sentence per count. The devices and their IOMMU group stay. */
export function vfioLeft(): string[] {
  const { groups, groupsListed, minors, nodes, unbound, containers, files, putWorks, locked } = vfio_counts()
  const counts = { groups, groupsListed, minors, nodes, unbound, containers, files, putWorks, locked }
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `vfio: ${what}: ${count}, not 0`)
}
