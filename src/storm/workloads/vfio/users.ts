/**
 * What a CPU of a VFIO storm does: it creates and removes devices at random, and uses them as a virtual machine would.
 *
 * Rule        a user closes when he is asked to let go, and after some looks at his device anyway: whoever removes it waits
 *             for a bounded time only, and no user waits for anybody while he has something open.
 * Invariant   while a device is open, its driver is bound and its group has users. Each look checks it.
 */
import { cpu_relax, read, READ_ONCE } from '#access'
import { as } from '../../../base/addr.ts'
import { ENODEV } from '../../../base/errno.ts'
import type { Rng } from '../../../base/rng.ts'
import { device } from '../../../kernel/device/device_struct.ts'
import { sysfs_readlink, sysfs_write } from '../../../kernel/path_io.ts'
import { qstr_set_uuid, uuid_parse } from '../../../kernel/qstr.ts'
import { beat } from '../../../machine/cpu.ts'
import { current, task_struct } from '../../../mem/task.ts'
import type { VfioControl } from '../../../results/vfio_storm.ts'
import * as v from '../../../vfio/index.ts'
import {
  CLOSE,
  CONTAINER,
  CREATE,
  GET_DEVICE,
  GROUP,
  my_eventfd,
  my_name,
  note,
  note_taken_away,
  REMOVE,
  SET_CONTAINER,
  SET_IOMMU,
  SET_IRQS,
  stopped,
  USE,
  USE_ASKED,
} from './area.ts'

/** Most looks at a device before it is closed, and turns between two of them. */
const LOOKS = 256
const TURNS = 50
/** One in so many users of the control `leak` forgets to close. */
const FORGETFUL = 16
const SCRATCH = task_struct.offset.stack
const { dev: DEV, group: VGROUP } = v.vfio_device.offset

/** What a user of the storm knows. */
export interface Scene {
  readonly rng: Rng
  readonly parents: number
  readonly devices: number
  readonly control: VfioControl
}

/** The n-th uuid. */
function uuidOf(n: number): string {
  return `5707f10a-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

function create({ rng, parents, devices }: Scene): void {
  const card = rng.below(parents)
  const type = `/sys/class/mdev_bus/mtty${card === 0 ? '' : card}/mdev_supported_types/mtty-1`
  note(CREATE, sysfs_write(`${type}/create`, uuidOf(rng.below(devices))))
}

function remove({ rng, devices }: Scene): void {
  note(REMOVE, sysfs_write(`/sys/bus/mdev/devices/${uuidOf(rng.below(devices))}/remove`, '1'))
}

/** Number of a device's IOMMU group, or a negative errno. */
function groupNumber(uuid: string): number {
  const link = sysfs_readlink(`/sys/bus/mdev/devices/${uuid}/iommu_group`)
  return typeof link === 'number' ? link : Number(link.slice(link.lastIndexOf('/') + 1))
}

/** True if the device is still what it was when it was opened. */
function stillHere(vdev: v.VfioDevice): boolean {
  const driver = READ_ONCE(read(vdev + DEV) + device.offset.driver)
  return driver !== 0 && v.vfio_group_users(as(read(vdev + VGROUP))) > 0
}

/** Looks at the open device until it is asked for, or has had enough. False: it was taken away. */
function lookAt(vdev: v.VfioDevice, rng: Rng): boolean {
  const asked = READ_ONCE(my_eventfd())
  const looks = rng.below(LOOKS)
  for (let i = 0; i < looks && READ_ONCE(my_eventfd()) === asked && !stopped(); i++) {
    for (let turn = 0; turn < TURNS; turn++) cpu_relax()
    if (!stillHere(vdev)) return false
  }
  note(READ_ONCE(my_eventfd()) === asked ? USE : USE_ASKED, 0)
  return true
}

/** Uses an open device and closes it. The control `early-put` gives its reference back at once. */
function useDevice(fd: number, { rng, control }: Scene): void {
  const vdev = v.vfio_file_object<'vfio_device'>(fd, v.VFIO_FILE_DEVICE)
  const group = as<'vfio_group'>(read(vdev + VGROUP))
  note(SET_IRQS, v.vfio_device_set_req_irq(fd, v.VFIO_PCI_REQ_IRQ_INDEX, my_eventfd()))
  if (control === 'early-put') v.vfio_device_put(vdev)
  const here = lookAt(vdev, rng) && (control !== 'early-put' || v.vfio_device_try_get(vdev))
  if (!here) {
    note_taken_away()
    // What closing would have done for the group: whoever removes the device waits for its container.
    v.vfio_group_try_dissolve_container(group)
    return
  }
  note(CLOSE, v.vfio_device_fops_release(fd))
}

/** With container and group open: everything up to the device and back. */
function useGroup(container: number, group: number, uuid: string, scene: Scene): void {
  if (note(SET_CONTAINER, v.vfio_ioctl_set_container(group, container)) !== 0) return
  if (note(SET_IOMMU, v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU)) !== 0) return
  const scratch = current() + SCRATCH
  uuid_parse(uuid, scratch)
  const name = my_name()
  qstr_set_uuid(name, read(scratch), read(scratch + 1), read(scratch + 2), read(scratch + 3))
  const fd = note(GET_DEVICE, v.vfio_group_get_device_fd(group, name))
  if (fd > 0) useDevice(fd, scene)
}

/** A user: container, group, device, and all of them closed again. */
function use(scene: Scene): void {
  const uuid = uuidOf(scene.rng.below(scene.devices))
  const container = note(CONTAINER, v.vfio_fops_open())
  if (container < 0) return
  const n = groupNumber(uuid)
  const group = note(GROUP, n < 0 ? -ENODEV : v.vfio_group_open(n))
  if (group > 0) {
    useGroup(container, group, uuid, scene)
    v.vfio_group_fops_release(group)
  }
  if (scene.control === 'leak' && scene.rng.below(FORGETFUL) === 0) return
  v.vfio_fops_release(container)
}

/** Does things at random until the slice is over. */
export function userLoop(scene: Scene): void {
  for (let n = 0; !stopped(); n++) {
    const which = scene.rng.below(8)
    beat(which < 2 ? 1 : which === 2 ? 2 : 3, n)
    if (which < 2) create(scene)
    else if (which === 2) remove(scene)
    else use(scene)
  }
}

/** Removes all devices that there are. CPU 0, alone. */
export function removeAll(devices: number): void {
  for (let n = 0; n < devices; n++) sysfs_write(`/sys/bus/mdev/devices/${uuidOf(n)}/remove`, '1')
}
