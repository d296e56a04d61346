/** Uevents: each with its whole environment, in the order of arrival. */
import { but, call, forget, recorded, uevents, write, type Case, type Section } from '../case.ts'
import { BUS, CREATE, CREATE_DUAL, onBus, remove, U1, U2 } from './places.ts'

const CARD = '/devices/virtual/mtty/mtty'

/** One event, as its environment without SEQNUM. */
function event(action: string, devpath: string, subsystem: string, ...more: string[]): string {
  return [`ACTION=${action}`, `DEVPATH=${devpath}`, `SUBSYSTEM=${subsystem}`, ...more].join(' ')
}

const group = (action: string, n: number): string =>
  event(action, `/devices/virtual/vfio/${n}`, 'vfio', 'MAJOR=254', `MINOR=${n}`, `DEVNAME=vfio/${n}`)
const vfioDev = (action: string, uuid: string, n: number): string =>
  event(action, `${CARD}/${uuid}/vfio-dev/vfio${n}`, 'vfio-dev')
const created = (uuid: string, n: number): string[] => [
  event('add', `${CARD}/${uuid}`, 'mdev'),
  group('add', n),
  vfioDev('add', uuid, n),
  event('bind', `${CARD}/${uuid}`, 'mdev', 'DRIVER=mtty'),
]
const unbound = (uuid: string, n: number): string[] => [
  vfioDev('remove', uuid, n),
  group('remove', n),
  event('unbind', `${CARD}/${uuid}`, 'mdev'),
]

export const events: Section = {
  name: 'uevents of mtty',
  machine: 'mtty, not loaded',
  cases: [
    forget('uevents', 'those of a kernel that boots'),
    call('modprobe', 'ok'),
    uevents(
      event('add', '/bus/mdev/drivers/mtty', 'drivers'),
      event('add', '/class/mtty', 'class'),
      event('add', CARD, 'mtty'),
      event('change', CARD, 'mtty', 'MDEV_STATE=registered'),
      event('add', '/module/mtty', 'module'),
    ),
    write(CREATE, `${U1}\n`, 37),
    uevents(...created(U1, 0)),
    write(CREATE_DUAL, `${U2}\n`, 37),
    uevents(...created(U2, 1)),
    write(CREATE_DUAL, `${U1}\n`, 'EEXIST'),
    uevents(),
    write(CREATE_DUAL, 'foo\n', 'EINVAL'),
    uevents(),
    write(remove(U1), '1\n', 2),
    uevents(...unbound(U1, 0), event('remove', `${CARD}/${U1}`, 'mdev')),
    write(`${onBus(U2)}/uevent`, 'change\n', 7),
    uevents(event('change', `${CARD}/${U2}`, 'mdev', 'SYNTH_UUID=0', 'DRIVER=mtty')),
    write(`${BUS}/drivers/mtty/unbind`, `${U2}\n`, 37),
    uevents(...unbound(U2, 1)),
    write(`${BUS}/drivers/mtty/bind`, `${U2}\n`, 'ENODEV'),
    uevents(),
    call('rmmod', 'ok'),
    uevents(
      event('remove', `${CARD}/${U2}`, 'mdev'),
      event('change', CARD, 'mtty', 'MDEV_STATE=unregistered'),
      event('remove', CARD, 'mtty'),
      event('remove', '/bus/mdev/drivers/mtty', 'drivers'),
      event('remove', '/class/mtty', 'class'),
      event('remove', '/module/mtty', 'module'),
    ),
    recorded({ do: 'call', name: 'sequence numbers rise by one' }, 'yes'),
  ],
}

const GT = '/devices/virtual/gt8'
const TYPE = `/sys${GT}/gtp0/mdev_supported_types/gt8-t`
const plugged = (n: number): string[] => [
  event('add', `${GT}/gtp${n}`, 'gt8'),
  event('change', `${GT}/gtp${n}`, 'gt8', 'MDEV_STATE=registered'),
]
const unplugged = (n: number): string[] => [
  event('change', `${GT}/gtp${n}`, 'gt8', 'MDEV_STATE=unregistered'),
  event('remove', `${GT}/gtp${n}`, 'gt8'),
]
const load: Case = uevents(
  event('add', '/bus/mdev/drivers/gt8', 'drivers'),
  event('add', '/class/gt8', 'class'),
  ...plugged(0),
  ...plugged(1),
  event('add', '/module/gt8', 'module'),
)

export const eventsWithoutVfio: Section = {
  name: 'uevents of a driver without VFIO',
  machine: 'gt8',
  cases: [
    load,
    write(`${TYPE}/create`, `${U1}\n`, 37),
    uevents(
      event('add', `${GT}/gtp0/${U1}`, 'mdev'),
      event('bind', `${GT}/gtp0/${U1}`, 'mdev', 'DRIVER=gt8'),
    ),
    write(remove(U1), '1\n', 2),
    uevents(event('unbind', `${GT}/gtp0/${U1}`, 'mdev'), event('remove', `${GT}/gtp0/${U1}`, 'mdev')),
    call('probe answers', 'ok', '12'),
    write(`${TYPE}/create`, `${U1}\n`, 'ENOMEM'),
    uevents(event('add', `${GT}/gtp0/${U1}`, 'mdev'), event('remove', `${GT}/gtp0/${U1}`, 'mdev')),
    call('rmmod', 'ok'),
    uevents(
      ...unplugged(0),
      ...unplugged(1),
      event('remove', '/bus/mdev/drivers/gt8', 'drivers'),
      event('remove', '/class/gt8', 'class'),
      event('remove', '/module/gt8', 'module'),
    ),
    but(call('rmmod mdev', 'ok'), 'it is built in', 'mdev is built in'),
  ],
}
