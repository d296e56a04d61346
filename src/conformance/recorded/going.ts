/** Unloading, unbinding, and probes that fail. */
import { call, dir, list, log, read, recorded, write, type Case, type Section } from '../case.ts'
import { AVAILABLE, BUS, CREATE, CREATE_DUAL, DEVICES, onBus, remove, U1, U2 } from './places.ts'

export const unload: Section = {
  name: 'unloading mtty with two devices',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    write(CREATE_DUAL, U2, 36),
    log(
      `mtty ${U1}: Adding to iommu group 0`,
      `mtty ${U1}: MDEV: created`,
      `mtty ${U2}: Adding to iommu group 1`,
      `mtty ${U2}: MDEV: created`,
    ),
    call('rmmod', 'ok'),
    log(
      'mtty mtty: MDEV: Unregistering',
      `mtty ${U1}: Removing from iommu group 0`,
      `mdev ${U1}: MDEV: destroying`,
      `mtty ${U2}: Removing from iommu group 1`,
      `mdev ${U2}: MDEV: destroying`,
      'Releasing group mtty-1',
      'Releasing group mtty-2',
      'mtty mtty: mtty: released',
      'mtty_dev: Unloaded!',
    ),
    list(BUS, 'devices', 'drivers', 'drivers_autoprobe', 'drivers_probe', 'uevent'),
    list(`${BUS}/drivers`),
    list(DEVICES),
    list('/sys/class/mdev_bus'),
    recorded({ do: 'list', path: '/sys/devices/virtual/mtty' }, 'ENOENT'),
    recorded({ do: 'list', path: '/sys/module/mtty' }, 'ENOENT'),
  ],
}

export const inUse: Section = {
  name: 'unloading mtty with a device that somebody has open',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    call('open device', 'ok', U1),
    read('/sys/module/mtty/refcnt', '1\n'),
    call('rmmod', 'EAGAIN'),
    list(DEVICES, U1),
    call('close device', 'ok'),
    read('/sys/module/mtty/refcnt', '0\n'),
    call('rmmod', 'ok'),
    list(DEVICES),
  ],
}

export const unbind: Section = {
  name: 'unbind and bind',
  machine: 'mtty',
  cases: [
    write(CREATE, U1, 36),
    log(`mtty ${U1}: Adding to iommu group 0`, `mtty ${U1}: MDEV: created`),
    write(`${BUS}/drivers/mtty/unbind`, U1, 36),
    log(`mtty ${U1}: Removing from iommu group 0`),
    ...dir(onBus(U1), {
      mdev_type: '-> ../mdev_supported_types/mtty-1',
      remove: '0200',
      subsystem: '-> ../../../../../bus/mdev',
      uevent: '0644',
    }),
    read(AVAILABLE, '24\n'),
    write(`${BUS}/drivers/mtty/bind`, U1, 'ENODEV'),
    list(onBus(U1), 'mdev_type', 'remove', 'subsystem', 'uevent'),
    write(remove(U1), '1', 1),
    log(`mdev ${U1}: MDEV: destroying`),
    write(`${BUS}/drivers_probe`, U1, 'ENODEV'),
    read(`${BUS}/drivers_autoprobe`, '1\n'),
  ],
}

const GT = '/sys/devices/virtual/gt8'
const TYPE = (parent: number): string => `${GT}/gtp${parent}/mdev_supported_types/gt8-t`
const N = (n: number): string => `00000000-0000-0000-0000-00000000000${n}`
const left = (a: string, b: string): Case[] => [
  read(`${TYPE(0)}/available_instances`, `${a}\n`),
  read(`${TYPE(1)}/available_instances`, `${b}\n`),
]
const refused = (errno: string, number: number): Case[] => [
  call('probe answers', 'ok', String(number)),
  write(`${TYPE(0)}/create`, U1, errno),
]
const PROBE_OF = `gt8: probe of ${U1} failed with error`
const DESTROYING = `mdev ${U1}: MDEV: destroying`

export const probes: Section = {
  name: 'probes that fail (a driver without VFIO)',
  machine: 'gt8',
  cases: [
    log('gt8 gtp0: MDEV: Registered', 'gt8 gtp1: MDEV: Registered'),
    ...dir('/sys/class/mdev_bus', {
      gtp0: '-> ../../devices/virtual/gt8/gtp0',
      gtp1: '-> ../../devices/virtual/gt8/gtp1',
    }),
    ...dir(TYPE(0), {
      available_instances: '0444',
      create: '0200',
      device_api: '0444',
      devices: '/',
      name: '0444',
    }),
    read(`${TYPE(0)}/name`, 'gt type\n'),
    read(`${TYPE(0)}/device_api`, 'gt\n'),
    read(`${TYPE(0)}/available_instances`, '3\n'),
    ...refused('ENOMEM', 12),
    log(`${PROBE_OF} -12`, DESTROYING),
    ...refused('ENODEV', 19),
    log(DESTROYING),
    ...refused('EIO', 5),
    log(`${PROBE_OF} -5`, DESTROYING),
    ...refused('EAGAIN', 517),
    log(DESTROYING),
    list(DEVICES),
    read(`${TYPE(0)}/available_instances`, '3\n'),
  ],
}

export const counting: Section = {
  name: 'the core counts (max_instances 3)',
  machine: 'gt8',
  cases: [
    log('gt8 gtp0: MDEV: Registered', 'gt8 gtp1: MDEV: Registered'),
    write(`${TYPE(0)}/create`, N(1), 36),
    log(`gt8 ${N(1)}: MDEV: created`),
    ...left('2', '3'),
    write(`${TYPE(0)}/create`, N(2), 36),
    ...left('1', '3'),
    write(`${TYPE(0)}/create`, N(3), 36),
    ...left('0', '3'),
    log(`gt8 ${N(2)}: MDEV: created`, `gt8 ${N(3)}: MDEV: created`),
    write(`${TYPE(0)}/create`, N(4), 'EUSERS'),
    log(),
    ...left('0', '3'),
    write(`${TYPE(1)}/create`, N(1), 'EEXIST'),
    write(`${TYPE(0)}/create`, N(1), 'EEXIST'),
    write(remove(N(2)), '1', 1),
    log(`mdev ${N(2)}: MDEV: destroying`),
    read(`${TYPE(0)}/available_instances`, '1\n'),
    call('rmmod', 'ok'),
    log(
      'gt8 gtp0: MDEV: Unregistering',
      `mdev ${N(1)}: MDEV: destroying`,
      `mdev ${N(3)}: MDEV: destroying`,
      'Releasing group gt8-t',
      'gt8 gtp1: MDEV: Unregistering',
      'Releasing group gt8-t',
    ),
    list(DEVICES),
  ],
}
