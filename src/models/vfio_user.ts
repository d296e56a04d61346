/**
 * Models of a vfio device whose driver takes it back while user space has it, opens it or closes it: the remover waits for the
 * user, for the user's container if it was the last device of the group, and for nobody else; then nothing is left.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EBUSY, EINVAL, ENODEV, ENOENT } from '../base/errno.ts'
import { dev_name } from '../kernel/device/device.ts'
import { device } from '../kernel/device/device_struct.ts'
import { qstr_set_uuid } from '../kernel/qstr.ts'
import { warning_count } from '../kernel/report.ts'
import { alloc_boot } from '../mem/arena.ts'
import { kmem_cache_active } from '../mem/slab.ts'
import { VFIO_TYPE1_IOMMU } from '../vfio/container.ts'
import { vfio_init_group_dev } from '../vfio/device.ts'
import { vfio_root } from '../vfio/globals.ts'
import { vfio_core_init } from '../vfio/init.ts'
import { iommu_group_alloc } from '../vfio/iommu_group.ts'
import { vfio_register_group_dev, vfio_unregister_group_dev } from '../vfio/register.ts'
import { vfio_device, vfio_device_ops, vfio_globals } from '../vfio/types.ts'
import { vfio_device_fops_release, vfio_group_get_device_fd } from '../vfio/user_device.ts'
import {
  vfio_fops_open,
  vfio_fops_release,
  vfio_group_fops_release,
  vfio_group_open,
  vfio_ioctl_set_container,
  vfio_ioctl_set_iommu,
  vfio_ioctl_unset_container,
} from '../vfio/user.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { named } from './bodies.ts'
import { bootKernel } from './boot.ts'
import { family, familyOver } from './family.ts'

interface Session extends Record<string, number> {
  readonly dev: number
  readonly vdev: number
  /** Descriptors; 0: not open. */
  readonly container: number
  readonly group: number
  readonly device: number
}

type Body = (s: Session) => void

const G = vfio_globals.offset
const OPS = vfio_device_ops.define('explored_vfio', { name: 'explored' })

/** How far user space has come when the exploration begins. */
type Start = 'closed' | 'group' | 'device'

function must(what: string, result: number): number {
  check(result >= 0, `${what} returned ${result}`)
  return result
}

/** A device in an IOMMU group, of which its driver has the vfio side ready. */
function prepare(
  scene: Scene,
  iommuGroup: number,
  name = '',
): { dev: Addr<'device'>; vdev: Addr<'vfio_device'> } {
  const dev = scene.name(as<'device'>(alloc_boot(device.words)), `${name}dev`, device)
  qstr_set_uuid(dev_name(dev), 1, 2, 3, 4 + name.length)
  write(dev + device.offset.iommu_group, iommuGroup)
  const vdev = scene.name(as<'vfio_device'>(alloc_boot(vfio_device.words)), `${name}vdev`, vfio_device)
  vfio_init_group_dev(vdev, dev, OPS, 0)
  return { dev, vdev }
}

/** A device that its driver has offered, in an IOMMU group of its own. */
function offer(scene: Scene): { dev: Addr<'device'>; vdev: Addr<'vfio_device'> } {
  const made = prepare(scene, must('iommu_group_alloc', iommu_group_alloc()))
  must('vfio_register_group_dev', vfio_register_group_dev(made.vdev))
  return made
}

/** Opens a group with a container that has a backend. */
function openGroup(): { container: number; group: number } {
  const container = must('vfio_fops_open', vfio_fops_open())
  const group = vfio_group_open(0)
  if (group > 0) {
    must('set_container', vfio_ioctl_set_container(group, container))
    must('set_iommu', vfio_ioctl_set_iommu(container, VFIO_TYPE1_IOMMU))
  }
  return { container, group }
}

function setup(start: Start): (scene: Scene) => Session {
  return (scene) => {
    bootKernel()
    must('vfio_core_init', vfio_core_init())
    const { dev, vdev } = offer(scene)
    for (const cpu of [0, 1]) {
      scene.onCpu(cpu, () => {
        vfio_fops_release(vfio_fops_open()) // fills the CPU's magazines
      })
    }
    const { container, group } = start === 'closed' ? { container: 0, group: 0 } : openGroup()
    const opened =
      start === 'device' ? must('get_device_fd', vfio_group_get_device_fd(group, dev_name(dev))) : 0
    return { dev, vdev, container, group, device: opened }
  }
}

/** A device without an IOMMU of its own. */
function setupEmulated(scene: Scene): Session {
  const s = setup('device')(scene)
  write(s.vdev + vfio_device.offset.emulated, 1)
  return s
}

interface Twins extends Record<string, number> {
  readonly first: number
  readonly second: number
}

/** Two devices of one group, of which the user has the first. */
function setupOfTwo(scene: Scene): Session {
  bootKernel()
  must('vfio_core_init', vfio_core_init())
  const iommuGroup = must('iommu_group_alloc', iommu_group_alloc())
  const { dev, vdev } = prepare(scene, iommuGroup)
  const other = prepare(scene, iommuGroup, 'other ').vdev
  for (const one of [vdev, other]) must('vfio_register_group_dev', vfio_register_group_dev(one))
  const { container, group } = openGroup()
  const opened = must('get_device_fd', vfio_group_get_device_fd(group, dev_name(dev)))
  return { dev, vdev, other, container, group, device: opened }
}

function setupTwins(scene: Scene): Twins {
  bootKernel()
  must('vfio_core_init', vfio_core_init())
  const iommuGroup = must('iommu_group_alloc', iommu_group_alloc())
  return { first: prepare(scene, iommuGroup).vdev, second: prepare(scene, iommuGroup, 'other ').vdev }
}

/** Offers a device of a group and takes it back. */
function flash(vdev: number): void {
  must('vfio_register_group_dev', vfio_register_group_dev(as(vdev)))
  vfio_unregister_group_dev(as(vdev))
}

/** The driver takes the device back; from then on its memory is the driver's to free. */
function remove({ vdev }: Session): void {
  vfio_unregister_group_dev(as(vdev))
  trace_free(vdev, vfio_device.words, 'vfio_device')
}

/** Opens the device of an open group, if it is still there, and closes it. */
function useDevice(group: number, dev: number): void {
  const fd = vfio_group_get_device_fd(group, dev_name(as(dev)))
  check(fd > 0 || fd === -ENODEV || fd === -EINVAL, `get_device_fd returned ${fd}`)
  if (fd > 0) vfio_device_fops_release(fd)
}

function leave(group: number, container: number): void {
  vfio_group_fops_release(group)
  vfio_fops_release(container)
}

/** From the first open to the last close. */
function session({ dev }: Session): void {
  const { container, group } = openGroup()
  check(group > 0 || [-ENODEV, -ENOENT, -EBUSY].includes(group), `vfio_group_open returned ${group}`)
  if (group > 0) useDevice(group, dev)
  if (group > 0) vfio_group_fops_release(group)
  vfio_fops_release(container)
}

function openAndLeave({ dev, group, container }: Session): void {
  useDevice(group, dev)
  leave(group, container)
}

function closeAll(s: Session): void {
  vfio_device_fops_release(s.device)
  leave(s.group, s.container)
}

/** The other way round: the device file is the last to keep the container. */
function closeGroupFirst(s: Session): void {
  leave(s.group, s.container)
  vfio_device_fops_release(s.device)
}

/** The group stays in its container. */
const closeDeviceOnly: Body = (s) => vfio_device_fops_release(s.device)

const unset: Body = ({ group }) => vfio_ioctl_unset_container(group)

/** The rest of what two devices of a group leave. */
function closeRestAndRemove(s: Session): void {
  leave(s.group, s.container)
  vfio_unregister_group_dev(as(s['other'] as number))
  nothingLeft()
}

/** One of two that take the group out of its container: the other one is told that it is in none. */
function unsetter(name: string): Body {
  return named(name, (s: Session): void => {
    const result = vfio_ioctl_unset_container(s.group)
    check(result === 0 || result === -EINVAL, `unset_container returned ${result}`)
  })
}

function closeGroupAndRemove(s: Session): void {
  leave(s.group, s.container)
  remove(s)
  nothingLeft()
}

const openDevice: Body = ({ group, dev }) => vfio_group_get_device_fd(group, dev_name(as(dev)))

function active(cache: number): number {
  return kmem_cache_active(as(read(vfio_root() + cache)))
}

function nothingLeft(): void {
  check(warning_count() === 0, 'a WARN was raised')
  const left = [G.group_cache, G.container_cache, G.file_cache, G.unbound_cache].map(active)
  check(
    left.every((n) => n === 0),
    `left: groups, containers, files, unbound devices: ${left.join(', ')}`,
  )
}

const ROOM = { maxSteps: 3000, arenaWords: 1 << 18, fold: ['mem', 'sync', 'kernel'] } as const
const race = familyOver<Session, Start>(setup, { finish: nothingLeft, ...ROOM }, 'vfio-')
/** Controls, where the device is the last of its group: a user who keeps the container; and the hole before e0e29bdb594a. */
const control = familyOver<Session, Start>(setup, ROOM, 'vfio-')

/** Models of users and a remover, and of two devices of a group. */
export const vfioUsers: readonly Model[] = [
  race('session', 'a user opens all, uses it, closes it ‖ the device is taken back', 'closed', [
    session,
    remove,
  ]),
  race('open', 'an open of the device, then all is closed ‖ it is taken back', 'group', [
    openAndLeave,
    remove,
  ]),
  race('close', 'all is closed ‖ the device is taken back', 'device', [closeAll, remove]),
  race('close-group-first', 'the group is closed before its device ‖ it is taken back', 'device', [
    closeGroupFirst,
    remove,
  ]),
  race(
    'close-of-two',
    'the device file is closed ‖ its device is taken back, and the group has another',
    'device',
    [closeDeviceOnly, remove],
    { setup: setupOfTwo, finish: closeRestAndRemove },
  ),
  race('unset-unset', 'the container is unset twice', 'group', [unsetter('first'), unsetter('second')], {
    finish: closeGroupAndRemove,
  }),
  control(
    'keeps-container',
    'the device is closed, the group is not ‖ it is taken back',
    'device',
    [closeDeviceOnly, remove],
    { expect: 'deadlock' },
  ),
  control(
    'keeps-container-emulated',
    'the same, of a device without an IOMMU of its own',
    'device',
    [closeDeviceOnly, remove],
    { expect: 'deadlock', setup: setupEmulated },
  ),
  control(
    'unset-open',
    'the container is unset ‖ the device is opened, before e0e29bdb594a',
    'group',
    [unset, openDevice],
    { expect: 'oops' },
  ),
  family<Twins>({ setup: setupTwins, finish: nothingLeft, ...ROOM, bound: 1 }, 'vfio-')(
    'twins',
    'two devices of one group are offered and taken back',
    [named('first', (s) => flash(s.first)), named('second', (s) => flash(s.second))],
  ),
]
