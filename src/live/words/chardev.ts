/**
 * Words about character devices: open, read, write, poll, ioctl, close, and guest, which opens an mdev as a hypervisor does.
 *
 * Context   a CPU; may sleep. Bytes go through the CPU's buffer, BUFFER_BYTES at a time at most.
 */
import { read, smp_processor_id, write } from '#access'
import { as } from '../../base/addr.ts'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { parseDuration } from '../../base/duration.ts'
import { EISDIR, ENOENT } from '../../base/errno.ts'
import {
  chrdev_open,
  dev_name,
  dev_nodes,
  kern_path,
  kernfs_node,
  kernfs_put,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  sys_close,
  sys_ioctl,
  sys_poll,
  sys_read,
  sys_write,
  sysfs_list,
  sysfs_readlink,
  vfs_close,
  vfs_open,
  vfs_read,
  vfs_write,
} from '../../kernel/index.ts'
import { NEVER } from '../../sync/index.ts'
import { vfio_node_minor } from '../../vfio/globals.ts'
import { VFIO_TYPE1_IOMMU } from '../../vfio/container.ts'
import {
  vfio_fops_open,
  vfio_fops_release,
  vfio_group_fops_release,
  vfio_group_open,
  vfio_ioctl_set_container,
  vfio_ioctl_set_iommu,
} from '../../vfio/user.ts'
import { vfio_device_fops_release, vfio_group_get_device_fd } from '../../vfio/user_device.ts'
import { tpm_devt, tpmrm_devt } from '../../drivers/tpm/index.ts'
import { BUFFER_BYTES, buffer_of } from '../boot.ts'
import {
  misuse,
  must,
  mustGive,
  operand,
  WordError,
  type Call,
  type LiveFile,
  type LiveWord,
} from './word.ts'

const DEV = '/dev/'
const VFIO_GROUPS = 64
const ACCESS: Readonly<Record<string, number>> = { r: O_RDONLY, w: O_WRONLY, rw: O_RDWR }
const EVENTS: Readonly<Record<string, number>> = {
  in: POLLIN,
  out: POLLOUT,
  pri: POLLPRI,
  err: POLLERR,
  hup: POLLHUP,
}
const PRINTABLE = /^[\t\n\r\u0020-\u007E]*$/

/** Nodes that can be opened: those of the kernel's list, and those of chips, whose driver gives them numbers but no nodes. */
function nodes(): { readonly name: string; readonly devt: number }[] {
  const chips = sysfs_list('/sys/class/tpm')
  const numbers = typeof chips === 'number' ? [] : chips.map((name) => Number(name.replace('tpm', '')))
  const ofChips = numbers.flatMap((n) => [
    { name: `tpm${n}`, devt: tpm_devt(n) },
    { name: `tpmrm${n}`, devt: tpmrm_devt(n) },
  ])
  return [...dev_nodes(), ...ofChips]
}

/** Names of /dev, sorted. Groups of vfio are opened with `guest`. */
export function dev_names(): string[] {
  const groups = Array.from({ length: VFIO_GROUPS }, (_, id) => id).filter((id) => vfio_node_minor(id) >= 0)
  return [...nodes().map(({ name }) => name), ...groups.map((id) => `vfio/${id}`), 'vfio/vfio'].sort()
}

/** Opens a node of /dev. @throws WordError */
function openNode(path: string, flags: number): number {
  const node = nodes().find(({ name }) => `${DEV}${name}` === path)
  return must(`open: ${path}`, node === undefined ? -ENOENT : chrdev_open(node.devt, flags))
}

/** Bytes as a text where they are one, else as `hex:…`. */
function shown(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes)
  return PRINTABLE.test(text)
    ? text
    : `hex:${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** `hex:0102` or a text, as bytes. @throws WordError */
function bytesOf(text: string): Uint8Array {
  const digits = /^hex:((?:[\da-f]{2})*)\n?$/i.exec(text)?.[1]
  if (digits === undefined) return new TextEncoder().encode(text)
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function readChar(f: number, count: number, what: string): string {
  const buffer = buffer_of(smp_processor_id())
  const got = must(what, sys_read(as(f), buffer, count))
  const bytes = Uint8Array.from({ length: got }, (_, i) => read(buffer + (i >> 2)) >>> (8 * (i & 3)))
  return shown(bytes)
}

function writeChar(f: number, text: string, what: string): number {
  const bytes = bytesOf(text)
  if (bytes.length > BUFFER_BYTES) throw new WordError(`${what}: at most ${BUFFER_BYTES} bytes at a time`, 1)
  const buffer = buffer_of(smp_processor_id())
  for (let i = 0; i < bytes.length; i += 4) {
    const at = (k: number): number => (bytes[i + k] ?? 0) << (8 * k)
    write(buffer + (i >> 2), at(0) | at(1) | at(2) | at(3))
  }
  return must(what, sys_write(as(f), buffer, bytes.length))
}

/** `cat /dev/x`: one read. */
export function readDevice(path: string): string {
  const f = openNode(path, O_RDONLY)
  try {
    return readChar(f, BUFFER_BYTES, `cat: ${path}`)
  } finally {
    sys_close(as(f))
  }
}

/** `echo x > /dev/x`: one write. */
export function writeDevice(path: string, text: string): void {
  const f = openNode(path, O_WRONLY)
  try {
    writeChar(f, text, `echo: ${path}`)
  } finally {
    sys_close(as(f))
  }
}

function openSysfs(path: string, flags: number): number {
  const kn = must(`open: ${path}`, kern_path(path, true))
  const of = vfs_open(as(kn), flags)
  kernfs_put(as(kn))
  return must(`open: ${path}`, of)
}

const OPEN = 'open PATH [r|w|rw] [nonblock]'

const open: LiveWord = (call) => {
  const path = operand(call, 0, OPEN)
  const rest = call.args.slice(1)
  const access = rest.find((word) => word in ACCESS)
  if (rest.some((word) => word !== access && word !== 'nonblock')) throw misuse(OPEN)
  const isDevice = path.startsWith(DEV)
  const flags = ACCESS[access ?? (isDevice ? 'rw' : 'r')] ?? 0
  if (path === '/' || path === '/dev') must(`open: ${path}`, -EISDIR)
  const nonblock = rest.includes('nonblock') ? O_NONBLOCK : 0
  const at = isDevice ? openNode(path, flags | nonblock) : openSysfs(path, flags)
  call.give({ kind: isDevice ? 'char' : 'sysfs', path, at: [at] } satisfies LiveFile)
}

/** The open file and its first address. */
function opened({ file }: Call, usage: string): { readonly file: LiveFile; readonly at: number } {
  if (file === undefined) throw misuse(usage)
  return { file, at: file.at[0] ?? 0 }
}

function byDevice(file: LiveFile, word: string): void {
  if (file.kind !== 'char') throw new WordError(`${word}: ${file.path} is no character device`, 1)
}

const readWord: LiveWord = (call) => {
  const { file, at } = opened(call, 'read FD [BYTES]')
  const count = Number(call.args[0] ?? BUFFER_BYTES)
  if (!Number.isInteger(count) || count < 0 || count > BUFFER_BYTES)
    throw misuse(`read FD [BYTES], up to ${BUFFER_BYTES}`)
  if (file.kind === 'sysfs') return call.print(mustGive('read', vfs_read(as(at))))
  byDevice(file, 'read')
  call.print(readChar(at, count, 'read'))
}

const writeWord: LiveWord = (call) => {
  const { file, at } = opened(call, 'write FD TEXT')
  const text = call.args.join(' ')
  if (file.kind === 'char') call.print(`${writeChar(at, text, 'write')} bytes`)
  else if (file.kind === 'sysfs') must('write', vfs_write(as(at), text))
  else byDevice(file, 'write')
}

const POLL = 'poll FD [in] [out] [pri] [TIME]'

const poll: LiveWord = (call) => {
  const { file, at } = opened(call, POLL)
  byDevice(file, 'poll')
  const asked = call.args.filter((word) => word in EVENTS)
  const [time, ...more] = call.args.filter((word) => !(word in EVENTS))
  const ms = time === undefined ? Infinity : parseDuration(time)
  if (ms === undefined || more.length > 0) throw misuse(POLL)
  const mask = asked.reduce((bits, word) => bits | (EVENTS[word] ?? 0), 0)
  const got = must(
    'poll',
    sys_poll(as(at), mask === 0 ? POLLIN : mask, ms === Infinity ? NEVER : ms * NSEC_PER_MSEC),
  )
  const names = Object.entries({ ...EVENTS, in: POLLIN, err: POLLERR, hup: POLLHUP })
  call.print(
    got === 0
      ? 'nothing in time'
      : names
          .filter(([, bit]) => (got & bit) !== 0)
          .map(([name]) => name)
          .join(' '),
  )
}

const ioctl: LiveWord = (call) => {
  const { file, at } = opened(call, 'ioctl FD COMMAND [ARGUMENT]')
  byDevice(file, 'ioctl')
  const [cmd = Number.NaN, arg = 0] = call.args.map(Number)
  if (!Number.isInteger(cmd) || !Number.isInteger(arg)) throw misuse('ioctl FD COMMAND [ARGUMENT]')
  call.print(String(must('ioctl', sys_ioctl(as(at), cmd, arg))))
}

const close: LiveWord = (call) => {
  const { file, at } = opened(call, 'close FD')
  if (file.kind === 'sysfs') vfs_close(as(at))
  else if (file.kind === 'char') sys_close(as(at))
  else {
    const [group = 0, container = 0, dev = 0] = file.at
    must(
      'close',
      vfio_device_fops_release(dev) || vfio_group_fops_release(group) || vfio_fops_release(container),
    )
  }
}

/** Opens what a hypervisor opens of an mdev: its group, a container for it, the device. */
const guest: LiveWord = (call) => {
  const uuid = operand(call, 0, 'guest DEVICE')
  const path = `/sys/bus/mdev/devices/${uuid}`
  const link = mustGive(`guest: ${uuid}`, sysfs_readlink(`${path}/iommu_group`))
  const kn = must(`guest: ${uuid}`, kern_path(path, true))
  const name = dev_name(as(read(kn + kernfs_node.offset.priv)))
  const group = vfio_group_open(Number(link.split('/').at(-1)))
  const container = group < 0 ? 0 : vfio_fops_open()
  const ret = group < 0 ? group : attach(group, container, name)
  kernfs_put(as(kn))
  call.give({
    kind: 'guest',
    path: uuid,
    at: [group, container, must(`guest: ${uuid}`, ret)],
  } satisfies LiveFile)
}

/** The device of a group that has been opened; on failure both are closed. */
function attach(group: number, container: number, name: ReturnType<typeof dev_name>): number {
  const error =
    vfio_ioctl_set_container(group, container) || vfio_ioctl_set_iommu(container, VFIO_TYPE1_IOMMU)
  const dev = error === 0 ? vfio_group_get_device_fd(group, name) : error
  if (dev >= 0) return dev
  vfio_group_fops_release(group)
  vfio_fops_release(container)
  return dev
}

export const CHARDEV_WORDS: Readonly<Record<string, LiveWord>> = {
  open,
  read: readWord,
  write: writeWord,
  poll,
  ioctl,
  close,
  guest,
}
