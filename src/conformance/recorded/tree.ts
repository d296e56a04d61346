/** Loading, the tree, values and modes of the attributes. */
import { call, dir, forget, link, list, log, read, recorded, write, type Section } from '../case.ts'
import {
  AVAILABLE,
  AVAILABLE_DUAL,
  BUS,
  CREATE,
  CREATE_DUAL,
  DEVICES,
  MTTY,
  onBus,
  remove,
  TYPES,
  U1,
  U2,
} from './places.ts'

const exists = (path: string, was: string) => recorded({ do: 'exists', path }, was)
const TYPE_FILES = {
  available_instances: '0444',
  create: '0200',
  device_api: '0444',
  devices: '/',
  name: '0444',
}
const DRIVER_FILES = { bind: '0200', module: '-> ../../../../module/mtty', uevent: '0200', unbind: '0200' }
const BUS_FILES = {
  devices: '/',
  drivers: '/',
  drivers_autoprobe: '0644',
  drivers_probe: '0200',
  uevent: '0200',
}
const IOMMU = '/sys/kernel/iommu_groups'

export const loading: Section = {
  name: 'before and after loading mtty',
  machine: 'mtty, not loaded',
  cases: [
    ...dir(BUS, BUS_FILES),
    list(DEVICES),
    list(`${BUS}/drivers`),
    list('/sys/class/mdev_bus'),
    call('modprobe', 'ok'),
    log('mtty_dev: mtty_dev_init', 'major_number:253', 'mtty mtty: MDEV: Registered'),
    read('/sys/module/mtty/refcnt', '0\n'),
    list(`${BUS}/drivers`, 'mtty'),
    ...dir(`${BUS}/drivers/mtty`, DRIVER_FILES),
    ...dir('/sys/class/mdev_bus', { mtty: '-> ../../devices/virtual/mtty/mtty' }),
    list('/sys/class/mtty', 'mtty'),
  ],
}

export const parentTree: Section = {
  name: 'a parent without devices',
  machine: 'mtty',
  cases: [
    ...dir(MTTY, { mdev_supported_types: '/', subsystem: '-> ../../../../class/mtty', uevent: '0644' }),
    ...dir(TYPES, { 'mtty-1': '/', 'mtty-2': '/' }),
    ...dir(`${TYPES}/mtty-1`, TYPE_FILES),
    ...dir(`${TYPES}/mtty-2`, TYPE_FILES),
    list(`${TYPES}/mtty-1/devices`),
    read(`${TYPES}/mtty-1/name`, 'Single port serial\n'),
    read(`${TYPES}/mtty-1/device_api`, 'vfio-pci\n'),
    read(AVAILABLE, '24\n'),
    read(`${TYPES}/mtty-1/description`, 'ENOENT'),
    read(`${TYPES}/mtty-2/name`, 'Dual port serial\n'),
    read(`${TYPES}/mtty-2/device_api`, 'vfio-pci\n'),
    read(AVAILABLE_DUAL, '12\n'),
    read(`${TYPES}/mtty-2/description`, 'ENOENT'),
    read(CREATE, 'EACCES'),
    read(`${MTTY}/uevent`, ''),
    read(`${BUS}/drivers_autoprobe`, '1\n'),
    write(AVAILABLE, '5', 'EACCES'),
    write(`${TYPES}/mtty-1/name`, 'x', 'EACCES'),
    write(`${TYPES}/mtty-9/create`, U1, 'ENOENT'),
    exists('/sys/kernel/iommu_groups/0', 'no'),
    call('open /dev/vfio', 'ENOENT', '0'),
  ],
}

export const deviceTree: Section = {
  name: 'two devices',
  machine: 'mtty',
  cases: [
    write(CREATE, `${U1}\n`, 37),
    log(`mtty ${U1}: Adding to iommu group 0`, `mtty ${U1}: MDEV: created`),
    write(CREATE_DUAL, `${U2}\n`, 37),
    log(`mtty ${U2}: Adding to iommu group 1`, `mtty ${U2}: MDEV: created`),
    read(AVAILABLE, '21\n'),
    read(AVAILABLE_DUAL, '10\n'),
    ...dir(`${TYPES}/mtty-1/devices`, { [U1]: `-> ../../../${U1}` }),
    ...dir(`${TYPES}/mtty-2/devices`, { [U2]: `-> ../../../${U2}` }),
    list(MTTY, U1, U2, 'mdev_supported_types', 'subsystem', 'uevent'),
    ...dir(onBus(U1), {
      driver: '-> ../../../../../bus/mdev/drivers/mtty',
      iommu_group: '-> ../../../../../kernel/iommu_groups/0',
      mdev_type: '-> ../mdev_supported_types/mtty-1',
      remove: '0200',
      subsystem: '-> ../../../../../bus/mdev',
      uevent: '0644',
      vendor: '/',
      'vfio-dev': '/',
    }),
    list(`${onBus(U1)}/vendor`, 'sample_mdev_dev'),
    read(`${onBus(U1)}/vendor/sample_mdev_dev`, `This is MDEV ${U1}\n`),
    list(`${onBus(U1)}/vfio-dev`, 'vfio0'),
    list(`${onBus(U1)}/vfio-dev/vfio0`, 'device', 'subsystem', 'uevent'),
    ...dir(DEVICES, {
      [U1]: `-> ../../../devices/virtual/mtty/mtty/${U1}`,
      [U2]: `-> ../../../devices/virtual/mtty/mtty/${U2}`,
    }),
    ...dir(`${BUS}/drivers/mtty`, {
      ...DRIVER_FILES,
      [U1]: `-> ../../../../devices/virtual/mtty/mtty/${U1}`,
      [U2]: `-> ../../../../devices/virtual/mtty/mtty/${U2}`,
    }),
    read(`${onBus(U1)}/uevent`, 'DRIVER=mtty\n'),
    list(IOMMU, '0', '1'),
    ...dir(`${IOMMU}/0`, { devices: '/', name: '0444', reserved_regions: '0444', type: '0644' }),
    link(`${IOMMU}/0/devices/${U1}`, `../../../../devices/virtual/mtty/mtty/${U1}`),
    read(`${IOMMU}/0/type`, 'unknown\n'),
    read(`${IOMMU}/0/reserved_regions`, ''),
    list('/sys/class/vfio', '0', '1'),
    read('/sys/class/vfio/0/dev', '254:0\n'),
    read('/sys/class/vfio/1/dev', '254:1\n'),
    read(remove(U1), 'EACCES'),
    read('/sys/module/mtty/refcnt', '0\n'),
  ],
}

export const exhaustion: Section = {
  name: 'all ports in use',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    write(CREATE_DUAL, U2, 36),
    call('fill', 'ENOSPC after 21'),
    read(AVAILABLE, '0\n'),
    read(AVAILABLE_DUAL, '0\n'),
    forget('log', 'two lines for each of 23 devices, which the section of two devices compares'),
    write(CREATE, '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003', 'ENOSPC'),
    log(
      'mtty: probe of 83b8f4f2-509f-382f-3c1e-e6bfe0fa1003 failed with error -28',
      'mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1003: MDEV: destroying',
    ),
    write(CREATE_DUAL, '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003', 'ENOSPC'),
    write(CREATE_DUAL, U1, 'EEXIST'),
    write(remove('00000000-0000-0000-0000-000000000001'), '1', 1),
    read(AVAILABLE, '1\n'),
    read(AVAILABLE_DUAL, '0\n'),
    write(CREATE_DUAL, '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003', 'ENOSPC'),
    write(CREATE, '83b8f4f2-509f-382f-3c1e-e6bfe0fa1003', 36),
    call('count', 23, IOMMU),
    write(remove('00000000-0000-0000-0000-000000000002'), '1', 1),
    write(CREATE, '00000000-0000-0000-0000-000000000099', 36),
    // The lowest free number is used again.
    link(
      `${onBus('00000000-0000-0000-0000-000000000099')}/iommu_group`,
      '../../../../../kernel/iommu_groups/3',
    ),
  ],
}
