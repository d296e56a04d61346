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
]
