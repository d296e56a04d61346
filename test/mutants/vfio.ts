/** Mistakes in vfio: groups, containers, devices and their users. */
import type { Mutant } from './mutant.ts'
import { explore, storm, unit } from './oracles.ts'

const GROUP_USERS = 'src/vfio/group_users.ts'
const GROUP = 'src/vfio/group.ts'
const REGISTER = 'src/vfio/register.ts'

export const vfio: readonly Mutant[] = [
  {
    name: 'vfio-unset-in-two-steps',
    file: GROUP_USERS,
    find: '  const users = cmpxchg(group + USERS, 1, 0)\n  if (users === 0) return -EINVAL\n  if (users !== 1) return -EBUSY',
    replace:
      '  const users = READ_ONCE(group + USERS)\n  if (users === 0) return -EINVAL\n  if (users !== 1) return -EBUSY\n  cmpxchg(group + USERS, 1, 0)',
    breaks: 'Two threads unset one container, and the second takes the group out of nothing.',
    oracle: explore('vfio-unset-unset'),
  },
  {
    name: 'vfio-last-user-stays',
    file: GROUP_USERS,
    find: '    if (users === 1) vfio_container_detach(group)',
    replace: '    if (users === 0) vfio_container_detach(group)',
    breaks: 'The last user to go leaves the group in its container.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-user-of-an-idle-group',
    file: GROUP_USERS,
    find: '    if (users <= 0) return false\n    if (cmpxchg(group + USERS, users, users + 1)',
    replace: '    if (users < 0) return false\n    if (cmpxchg(group + USERS, users, users + 1)',
    breaks: 'A group that is in no container gets a user.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-group-opened-twice',
    file: 'src/vfio/user.ts',
    find: '  if (cmpxchg(group + OPENED, 0, 1) !== 0) return -EBUSY',
    replace: '  if (READ_ONCE(group + OPENED) > 1) return -EBUSY\n  WRITE_ONCE(group + OPENED, 1)',
    breaks: 'A group can be opened twice.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-group-closed-keeps-container',
    file: 'src/vfio/user.ts',
    find: '  vfio_group_try_dissolve_container(group)\n  WRITE_ONCE(group + OPENED, 0)',
    replace: '  WRITE_ONCE(group + OPENED, 0)',
    breaks:
      'A group that is closed stays in its container, and the removal of its last device waits for ever.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-emulated-does-not-wait',
    file: REGISTER,
    find: '  if (last) wait_event(',
    replace: '  if (last && read(device + EMULATED) === 0) wait_event(',
    breaks: 'The removal of an emulated device does not wait until its group is out of the container.',
    oracle: explore('vfio-keeps-container-emulated'),
  },
  {
    name: 'vfio-unbound-not-remembered',
    file: REGISTER,
    find: '  add_unbound(group, device)\n  vfio_device_put(device)',
    replace: '  vfio_device_put(device)\n  if (read(device + EMULATED) === 1) add_unbound(group, device)',
    breaks: 'A device that is being unregistered spoils its group.',
    oracle: unit('test/vfio/notifier.test.ts'),
  },
  {
    name: 'vfio-group-looked-up-unlocked',
    file: GROUP,
    find: `  const group = __vfio_group_find(iommu_group)
  if (group !== 0) vfio_group_get(group)
  mutex_unlock(lock)
  return group`,
    replace: `  const group = __vfio_group_find(iommu_group)
  mutex_unlock(lock)
  if (group !== 0) vfio_group_get(group)
  return group`,
    breaks: 'A group is found under its lock and referenced after it.',
    oracle: explore('vfio-notifier-3:after'),
  },
  {
    name: 'vfio-raced-group-not-referenced',
    file: GROUP,
    find: '  if (raced !== 0) vfio_group_get(raced)\n',
    replace: '',
    breaks: 'Of two that make one group the loser uses the winner`s without a reference.',
    oracle: explore('vfio-twins', 3_000),
  },
  {
    name: 'vfio-backend-outlives-groups',
    file: 'src/vfio/container.ts',
    find: '  if (list_empty(LIST(container))) WRITE_ONCE(container + DRIVER, 0)\n',
    replace: '',
    breaks: 'A container keeps its backend when the last group has left it.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-module-not-pinned',
    file: 'src/vfio/user_device.ts',
    find: '  module_put(owner_of(vdev))\n  vfio_file_close(fd)',
    replace: '  vfio_file_close(fd)',
    breaks: 'A closed device keeps the module of its driver.',
    oracle: unit('test/vfio/user.test.ts'),
  },
  {
    name: 'vfio-user-forgets-to-close',
    file: 'src/vfio/device.ts',
    find: '  if (refcount_dec_and_test(REFCOUNT(device))) complete(vfio_device.at.comp(device))',
    replace: '  if (!refcount_dec_and_test(REFCOUNT(device))) complete(vfio_device.at.comp(device))',
    breaks: 'The first of several references to go ends the wait for the last.',
    oracle: storm('--workload vfio --duration 2s', { hangs: true }),
  },
  {
    name: 'vfio-second-close-not-the-last',
    file: 'src/vfio/user_device.ts',
    find: '  const error = count === 0 ? (open_device?.(vdev) ?? 0) : 0',
    replace: '  const error = open_device?.(vdev) ?? 0',
    breaks: 'The driver hears of every open, and of the last close only.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-does-not-wait-for-users',
    file: 'src/vfio/register.ts',
    find: `  wait_until_released(device)
  mutex_lock(LOCK(group))`,
    replace: '  mutex_lock(LOCK(group))',
    breaks: 'Unregistration does not wait for the users of a device.',
    oracle: explore('vfio-close-of-two', 6_000),
  },
  {
    name: 'vfio-put-without-lock',
    file: 'src/vfio/group.ts',
    find: 'kref_put_mutex(KREF(group), vfio_group_release, vfio_group_lock(vfio_group_id(group)))',
    replace: `kref_put(KREF(group), (kref) => {
    mutex_lock(vfio_group_lock(vfio_group_id(group)))
    vfio_group_release(kref)
  })`,
    also: [
      {
        find: `  kref_put_mutex,
`,
        replace: `  kref_put,
`,
      },
    ],
    breaks: 'The last reference is dropped before the lock is taken, and a lookup revives the group.',
    oracle: explore('vfio-twins', 3_000),
  },
  {
    name: 'vfio-detach-in-silence',
    file: 'src/vfio/container.ts',
    find: `  wake_up_all(vfio_group.at.container_q(group))
`,
    replace: '',
    also: [
      {
        find: `  up_write,
  wake_up_all,
`,
        replace: `  up_write,
`,
      },
    ],
    breaks: 'A group that leaves its container does not wake the removal that waits for it.',
    oracle: explore('vfio-close', 6_000),
  },
  {
    name: 'vfio-close-puts-first',
    file: 'src/vfio/user_device.ts',
    find: `  vfio_group_try_dissolve_container(as(read(vdev + GROUP)))
  trace_point('vfio_device_fops_release:put')
  vfio_device_put(vdev)`,
    replace: `  vfio_device_put(vdev)
  trace_point('vfio_device_fops_release:put')
  vfio_group_try_dissolve_container(as(read(vdev + GROUP)))`,
    breaks: 'A close drops its reference to the device and then follows it to the group.',
    oracle: explore('vfio-close-of-two', 6_000),
  },
  {
    name: 'vfio-backend-chosen-twice',
    file: 'src/vfio/container.ts',
    find: 'const ok = known && !list_empty(LIST(container)) && READ_ONCE(container + DRIVER) === 0',
    replace: 'const ok = known && !list_empty(LIST(container))',
    breaks: 'A container that has a backend gets another.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-backend-of-an-empty-container',
    file: 'src/vfio/container.ts',
    find: 'const ok = known && !list_empty(LIST(container)) && READ_ONCE(container + DRIVER) === 0',
    replace: 'const ok = known && READ_ONCE(container + DRIVER) === 0',
    breaks: 'A container without groups gets a backend.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-failed-group-open-stays-open',
    file: 'src/vfio/user.ts',
    find: `  if (fd < 0) WRITE_ONCE(group + OPENED, 0)
`,
    replace: '',
    breaks: 'A group whose open failed can never be opened.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-failed-device-open-keeps-device',
    file: 'src/vfio/user_device.ts',
    find: `  if (fd < 0) vfio_device_put(vdev)
`,
    replace: '',
    breaks: 'A device file that could not be opened keeps its device: the removal waits for ever.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-failed-file-leaves-the-driver-open',
    file: 'src/vfio/user_device.ts',
    find: `    vfio_device_close(vdev)
    return -ENOMEM`,
    replace: '    return -ENOMEM',
    breaks: 'The driver is told of an open and never of its end.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-trigger-outlives-its-user',
    file: 'src/vfio/user_device.ts',
    find: `    WRITE_ONCE(vdev + TRIGGER, 0)
`,
    replace: '',
    breaks: 'The eventfd of a user who has closed the device is still rung.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-minor-not-given-back',
    file: 'src/vfio/group.ts',
    find: `  vfio_free_group_minor(read(group + MINOR))
  vfio_group_unlock_and_free(group)`,
    replace: '  vfio_group_unlock_and_free(group)',
    breaks: 'The number of a group that is gone is never given out again.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
  {
    name: 'vfio-asks-once',
    file: 'src/vfio/register.ts',
    find: `    ops.request?.(device, i)
`,
    replace: `    if (i === 0) ops.request?.(device, i)
`,
    breaks: 'A user is asked once only to let go of a device.',
    oracle: unit('test/vfio/driver.test.ts', 'asked again', { hangs: true, limitS: 60 }),
  },
  {
    name: 'vfio-registered-twice',
    file: 'src/vfio/register.ts',
    find: `  if (existing !== 0) {
    WARN`,
    replace: `  if (existing !== 0 && existing !== device) {
    WARN`,
    breaks: 'A device can be registered twice.',
    oracle: unit('test/vfio/driver.test.ts'),
  },
]
