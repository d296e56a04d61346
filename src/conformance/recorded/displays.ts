/** The sample displays mdpy and mbochs, and all three sample drivers at once: recorded in one session, in this order. */
import {
  call,
  dir,
  forget,
  link,
  list,
  log,
  read,
  recorded,
  write,
  type Case,
  type Section,
} from '../case.ts'
import { BUS, DEVICES, onBus, U1 } from './places.ts'

const VFIO = 'VFIO - User Level meta-driver version: 0.3'
const N = (n: string): string => `00000000-0000-0000-0000-${n.padStart(12, '0')}`
const parent = (driver: string): string => `/sys/devices/virtual/${driver}/${driver}`
const typeDir = (driver: string, type: string): string =>
  `${parent(driver)}/mdev_supported_types/${driver}-${type}`

/** Directory of a type: the names of its files, and what they say. */
function types(driver: string, each: readonly (readonly [string, number, string])[]): Case[] {
  const dirs = each.map(([type]) => `${driver}-${type}`)
  return [
    list(parent(driver), 'mdev_supported_types', 'subsystem', 'uevent'),
    list(`${parent(driver)}/mdev_supported_types`, ...dirs.toSorted()),
    ...each.flatMap(([type, available, description]) => {
      const at = typeDir(driver, type)
      return [
        list(at, 'available_instances', 'create', 'description', 'device_api', 'devices', 'name'),
        read(`${at}/name`, `${driver}-${type}\n`),
        read(`${at}/device_api`, 'vfio-pci\n'),
        read(`${at}/available_instances`, `${available}\n`),
        read(`${at}/description`, `virtual display, ${description}\n`),
      ]
    }),
  ]
}

/** What is left of each type, in the order of the shell's glob. */
function left(driver: string, names: readonly string[], counts: readonly number[]): Case[] {
  return names.map((type, i) => read(`${typeDir(driver, type)}/available_instances`, `${counts[i]}\n`))
}

/** A device of the display: its directory. */
function deviceDir(driver: string, type: string): Case[] {
  return dir(onBus(N('1')), {
    driver: `-> ../../../../../bus/mdev/drivers/${driver}`,
    iommu_group: '-> ../../../../../kernel/iommu_groups/0',
    mdev_type: `-> ../mdev_supported_types/${driver}-${type}`,
    remove: '0200',
    subsystem: '-> ../../../../../bus/mdev',
    uevent: '0644',
    vendor: '/',
    'vfio-dev': '/',
  })
}

const MDPY = ['hd', 'vga', 'xga'] as const
const made = (n: number): Case[] => [
  write(`${typeDir('mdpy', 'xga')}/create`, N(String(n)), 36),
  log(
    `mdpy ${N(String(n))}: mdpy_init_dev: mdpy-xga (1024x768)`,
    `mdpy ${N(String(n))}: Adding to iommu group ${n - 1}`,
  ),
  ...left('mdpy', MDPY, [4 - n, 4 - n, 4 - n]),
]

export const mdpy: Section = {
  name: 'mdpy, four devices',
  machine: 'samples, not loaded',
  cases: [
    call('modprobe', 'ok', 'mdpy'),
    log(VFIO, 'mdpy_dev_init: major 253', 'mdpy mdpy: MDEV: Registered'),
    ...dir('/sys/class/mdev_bus', { mdpy: '-> ../../devices/virtual/mdpy/mdpy' }),
    ...types('mdpy', [
      ['hd', 4, '1920x1080 framebuffer'],
      ['vga', 4, '640x480 framebuffer'],
      ['xga', 4, '1024x768 framebuffer'],
    ]),
    ...[1, 2, 3, 4].flatMap(made),
    write(`${typeDir('mdpy', 'xga')}/create`, N('5'), 'EUSERS'),
    ...left('mdpy', MDPY, [0, 0, 0]),
    write(`${typeDir('mdpy', 'hd')}/create`, N('a'), 'EUSERS'),
    log(),
    ...deviceDir('mdpy', 'xga'),
    call('rmmod', 'ok'),
    log(
      'mdpy mdpy: MDEV: Unregistering',
      ...[1, 2, 3, 4].flatMap((n) => [
        `mdpy ${N(String(n))}: mdpy_remove`,
        `mdpy ${N(String(n))}: Removing from iommu group ${n - 1}`,
      ]),
    ),
    list(DEVICES),
  ],
}

const MBOCHS = ['large', 'medium', 'small'] as const
const small = (n: number, counts: readonly number[]): Case[] => [
  write(`${typeDir('mbochs', 'small')}/create`, N(String(n)), 36),
  log(
    `mbochs ${N(String(n))}: mbochs_init_dev: mbochs-small, 4 MB, 1024 pages`,
    `mbochs ${N(String(n))}: Adding to iommu group ${n - 1}`,
  ),
  ...left('mbochs', MBOCHS, counts),
]
/** vfio was loaded with the first driver of the session. */
const LOADED = forget('log', 'vfio says its version once, when the first driver of the session is loaded')

export const mbochs: Section = {
  name: 'mbochs, six devices of two types',
  machine: 'samples, not loaded',
  cases: [
    LOADED,
    call('modprobe', 'ok', 'mbochs'),
    log('mbochs_dev_init: major 253', 'mbochs mbochs: MDEV: Registered'),
    ...dir('/sys/class/mdev_bus', { mbochs: '-> ../../devices/virtual/mbochs/mbochs' }),
    ...types('mbochs', [
      ['large', 4, '64 MB video memory'],
      ['medium', 16, '16 MB video memory'],
      ['small', 64, '4 MB video memory'],
    ]),
    ...small(1, [3, 15, 63]),
    ...small(2, [3, 15, 62]),
    ...small(3, [3, 15, 61]),
    ...small(4, [3, 15, 60]),
    ...small(5, [3, 14, 59]),
    write(`${typeDir('mbochs', 'large')}/create`, N('a'), 36),
    log(
      `mbochs ${N('a')}: mbochs_init_dev: mbochs-large, 64 MB, 16384 pages`,
      `mbochs ${N('a')}: Adding to iommu group 5`,
    ),
    ...deviceDir('mbochs', 'small'),
    call('rmmod', 'ok'),
    log(
      'mbochs mbochs: MDEV: Unregistering',
      ...['1', '2', '3', '4', '5', 'a'].map(
        (n, group) => `mbochs ${N(n)}: Removing from iommu group ${group}`,
      ),
    ),
    list(DEVICES),
  ],
}

export const allSamples: Section = {
  name: 'all three sample drivers',
  machine: 'samples, not loaded',
  cases: [
    LOADED,
    ...['mtty', 'mdpy', 'mbochs'].map((driver) => call('modprobe', 'ok', driver)),
    log(
      'mtty_dev: mtty_dev_init',
      'major_number:253',
      'mtty mtty: MDEV: Registered',
      'mdpy_dev_init: major 252',
      'mdpy mdpy: MDEV: Registered',
      'mbochs_dev_init: major 251',
      'mbochs mbochs: MDEV: Registered',
    ),
    ...dir(`${BUS}/drivers`, { mbochs: '/', mdpy: '/', mtty: '/' }),
    list('/sys/class/mdev_bus', 'mbochs', 'mdpy', 'mtty'),
    ...['mbochs', 'mdpy', 'mtty'].map((driver) =>
      link(`/sys/class/mdev_bus/${driver}`, `../../devices/virtual/${driver}/${driver}`),
    ),
    write(`${typeDir('mtty', '1')}/create`, U1, 36),
    log(`mtty ${U1}: Adding to iommu group 0`),
    write(`${typeDir('mdpy', 'vga')}/create`, U1, 'EEXIST'),
    recorded({ do: 'exists', path: onBus(U1) }, 'yes'),
  ],
}
