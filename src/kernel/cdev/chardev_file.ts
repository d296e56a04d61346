/**
 * Open files of character devices: the system calls.
 *
 * Invariant   an open file references its cdev, and through it the device and the module, until its last reference is put;
 *             then, and only then, release is called, once.
 * Rules       a buffer is the address of words in the arena; addresses outside it are bad user pointers (-EFAULT).
 *             A task that shares a file with another takes a reference (get_file) before it hands it over.
 * Context     sleeps. send_signal ends an interruptible sleep with -EINTR.
 * Source      fs/char_dev.c (chrdev_open), fs/read_write.c, fs/file_table.c
 */
import { read, write } from '#access'
import { trace_sys_exit } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EBADF, EINTR, EINVAL, ENOMEM, ENOTTY, ENXIO, ERESTARTSYS, ETIME } from '../../base/errno.ts'
import { kmem_cache_active, kmem_cache_free, kmem_cache_zalloc } from '../../mem/index.ts'
import {
  deadline_in,
  kref_get,
  kref_init,
  kref_put,
  NEVER,
  or_signal,
  park,
  signal_pending,
} from '../../sync/index.ts'
import { BLOCKED_WAIT_QUEUE, clear_blocked, set_blocked } from '../../mem/index.ts'
import { cdev_find_get, cdev_globals, cdev_put, cdev_root } from './cdev.ts'
import { cdev, file, file_operations, type CharFile, type FileOperations } from './cdev_struct.ts'
import {
  DEFAULT_POLLMASK,
  poll_freewait,
  poll_table,
  poll_table_of,
  POLLERR,
  POLLHUP,
  type PollTable,
} from './chardev_poll.ts'
import { O_RDONLY, O_WRONLY } from '../file.ts'
import { READ_ONCE } from '#access'

/** Flag of open: never wait; -EAGAIN instead. */
export const O_NONBLOCK = 0o4000
const O_ACCMODE = 3

const F = file.offset
const COUNT = file.at.f_count
const ofCount = file.of.f_count

function cache(): Addr<'kmem_cache'> {
  return as(read(cdev_root() + cdev_globals.offset.file_cache))
}

function ops_of(f: CharFile): FileOperations {
  return file_operations.get(read(f + F.f_op))
}

/** Result of a system call: what is internal to the kernel does not leave it. */
function sys_exit(result: number): number {
  trace_sys_exit()
  return result === -ERESTARTSYS ? -EINTR : result
}

/**
 * Opens a device number.
 * @param flags O_RDONLY, O_WRONLY or O_RDWR, with O_NONBLOCK
 * @returns the open file, -ENXIO (no cdev of that number), -ENOMEM, or what the driver's open returns
 */
export function chrdev_open(devt: number, flags: number): number {
  const cd = cdev_find_get(devt)
  if (cd === 0) return sys_exit(-ENXIO)
  const f = kmem_cache_zalloc(cache(), file)
  if (f === 0) {
    cdev_put(cd)
    return sys_exit(-ENOMEM)
  }
  kref_init(COUNT(f))
  write(f + F.f_op, read(cd + cdev.offset.ops))
  write(f + F.f_flags, flags)
  write(f + F.f_cdev, cd)
  write(f + F.minor, devt - read(cd + cdev.offset.dev))
  const error = ops_of(f).open?.(cd, f) ?? 0
  if (error === 0) return sys_exit(f)
  kmem_cache_free(cache(), file, f)
  cdev_put(cd)
  return sys_exit(error)
}

/** Takes a reference to an open file, to share it. */
export function get_file(f: CharFile): void {
  kref_get(COUNT(f))
}

function __fput(ref: Addr<'kref'>): void {
  const f = ofCount(ref)
  const cd = as<'cdev'>(read(f + F.f_cdev))
  ops_of(f).release?.(f)
  kmem_cache_free(cache(), file, f)
  cdev_put(cd)
}

/** Drops a reference; the last one calls the driver's release. */
export function sys_close(f: CharFile): void {
  kref_put(COUNT(f), __fput)
  trace_sys_exit()
}

/** Reads up to `count` bytes to the words at `buf`. Returns bytes or a negative errno; -EBADF: opened for writing only. */
export function sys_read(f: CharFile, buf: number, count: number): number {
  if ((read(f + F.f_flags) & O_ACCMODE) === O_WRONLY) return sys_exit(-EBADF)
  return sys_exit(ops_of(f).read?.(f, buf, count) ?? -EINVAL)
}

/** Writes `count` bytes from the words at `buf`. Returns bytes or a negative errno; -EBADF: opened for reading only. */
export function sys_write(f: CharFile, buf: number, count: number): number {
  if ((read(f + F.f_flags) & O_ACCMODE) === O_RDONLY) return sys_exit(-EBADF)
  return sys_exit(ops_of(f).write?.(f, buf, count) ?? -EINVAL)
}

/** Driver's command. Returns what the driver does, or -ENOTTY if it knows none. */
export function sys_ioctl(f: CharFile, cmd: number, arg: number): number {
  return sys_exit(ops_of(f).ioctl?.(f, cmd, arg) ?? -ENOTTY)
}

function poll_once(f: CharFile, events: number, table: PollTable): number {
  const mask = ops_of(f).poll?.(f, table) ?? DEFAULT_POLLMASK
  return mask & (events | POLLERR | POLLHUP)
}

/** Polls until something is ready. The queues are joined by the first turn only. */
function poll_slow(f: CharFile, events: number, table: PollTable, deadline: number): number {
  let pt = table
  for (let expired = false; ;) {
    const token = READ_ONCE(table + poll_table.offset.triggered)
    const mask = poll_once(f, events, pt)
    if (mask !== 0 || expired) return mask
    if (signal_pending()) return -EINTR
    pt = NULL
    set_blocked(table, BLOCKED_WAIT_QUEUE)
    expired = park(table, token, or_signal(deadline)) === -ETIME
    clear_blocked()
  }
}

/**
 * Waits until one of `events` is ready.
 * @param timeoutNs 0 only looks; NEVER waits without end
 * @returns mask of what is ready (POLLERR and POLLHUP unasked too), 0 when the time is up, -EINTR
 */
export function sys_poll(f: CharFile, events: number, timeoutNs: number = NEVER): number {
  if (timeoutNs === 0) return sys_exit(poll_once(f, events, NULL))
  const table = poll_table_of(read(cdev_root() + cdev_globals.offset.polls))
  const result = poll_slow(f, events, table, deadline_in(timeoutNs))
  poll_freewait(table)
  return sys_exit(result)
}

/** Files of character devices open now. Exact only while no CPU runs. */
export function open_char_files(): number {
  return kmem_cache_active(cache())
}
