/** VFIO users, a removal that waits for one, and threads that race. */
import { but, call, list, log, race, read, recorded, write, type Section } from '../case.ts'
import { AVAILABLE, CREATE, DEVICES, MTTY, onBus, remove, TYPES, U1, U2 } from './places.ts'

const IN_USE = `mtty ${U1}: Device is currently in use, task "…" (…) blocked until device is released`

export const user: Section = {
  name: 'a VFIO user',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    call('open /dev/vfio', 'ok', '0'),
    call('group flags', 1),
    call('SET_CONTAINER', 'ok'),
    call('SET_IOMMU', 'ok'),
    call('GET_DEVICE_FD', 'ok', U1),
    call('irqs of index', 1, '0'),
    call('irqs of index', 1, '1'),
    call('irqs of index', 'EINVAL', '2'),
    call('irqs of index', 'EINVAL', '3'),
    call('irqs of index', 1, '4'),
    call('SET_IRQS for requests', 'ok'),
    call('close device', 'ok'),
  ],
}

export const blockedRemove: Section = {
  name: 'a removal while somebody has the device open',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    call('open device', 'ok', U1),
    but(
      log(`mtty ${U1}: Adding to iommu group 0`, `mtty ${U1}: MDEV: created`, 'mtty_set_irqs: REQ_IRQ'),
      [`mtty ${U1}: Adding to iommu group 0`, `mtty ${U1}: MDEV: created`],
      'messages of the sample driver',
    ),
    call('start a removal and wait until it waits', 'ok', U1),
    // mtty relays no request to its user.
    log(),
    call('where the remover waits', 'vfio_unregister_group_dev'),
    list(DEVICES),
    recorded({ do: 'exists', path: onBus(U1) }, 'no'),
    read(AVAILABLE, '23\n'),
    list(`${TYPES}/mtty-1/devices`),
    write(remove(U1), '1', 'ENOENT'),
    write(CREATE, U1, 'EEXIST'),
    write(CREATE, U2, 36),
    write(remove(U2), '1', 1),
    call('open /dev/vfio', 'EBUSY', '0'),
    log(
      `mtty ${U2}: Adding to iommu group 1`,
      `mtty ${U2}: MDEV: created`,
      `mtty ${U2}: Removing from iommu group 1`,
      `mdev ${U2}: MDEV: destroying`,
    ),
    call('signal the remover and wait for the log', 'ok'),
    log(IN_USE),
    call('where the remover waits', 'vfio_unregister_group_dev'),
    call('close device', 'ok'),
    call('the removal returns', 1),
    log(`mtty ${U1}: Removing from iommu group 0`, `mdev ${U1}: MDEV: destroying`),
    list(DEVICES),
    read(AVAILABLE, '24\n'),
  ],
}

const CREATES = 'create one uuid'
const REMOVES = 'remove one device'

export const races: Section = {
  name: 'threads that race',
  machine: 'mtty',
  cases: [
    race(CREATES, 2, 'one success, the others EEXIST'),
    race(CREATES, 4, 'one success, the others EEXIST'),
    race(CREATES, 8, 'one success, the others EEXIST'),
    race(REMOVES, 2, 'success, or ENODEV for some'),
    race(REMOVES, 4, 'success, or ENODEV for some'),
    race(REMOVES, 8, 'success, or ENODEV for some'),
    call('create while a removal is under way', 'EEXIST', U1),
    read(AVAILABLE, '24\n'),
    list(DEVICES),
  ],
}

export const racesWithUnload: Section = {
  name: 'unloading while four threads create',
  machine: 'gt8',
  cases: [
    race('create until the driver is gone', 4, 'success, then ENODEV or ENOENT'),
    list(DEVICES),
    recorded({ do: 'list', path: '/sys/devices/virtual/gt8' }, 'ENOENT'),
  ],
}

const NOBODY = 'no such call'

export const noCounterpart: Section = {
  name: 'what has no counterpart here',
  machine: 'mtty',
  cases: [
    but(call('mkdir', 'EPERM', `${TYPES}/mtty-3`), NOBODY, 'files are not made by hand'),
    but(call('unlink', 'EPERM', CREATE), NOBODY, 'files are not made by hand'),
    but(call('creat', 'EACCES', `${TYPES}/mtty-1/foo`), NOBODY, 'files are not made by hand'),
    but(call('stat size of', 4096, `${MTTY}/uevent`), NOBODY, 'no stat'),
    but(call('modprobe vfio_mdev', 'ENOENT'), NOBODY, 'mdev is built in'),
    but(call('rmmod mdev while mtty uses it', 'EAGAIN'), NOBODY, 'mdev is built in'),
    but(call('users of the module vfio', 2), NOBODY, 'mdev is built in'),
    but(call('DEVICE_GET_INFO', 'regions 9, irqs 5'), NOBODY, 'no regions'),
    but(call('state of a remover that waits', 'S, after a signal D'), NOBODY, 'no state of a process'),
    but(call('status of a remover that was signalled', 143), NOBODY, 'no state of a process'),
  ],
}
