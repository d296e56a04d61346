/**
 * errno values. Kernel code returns them negative (`return -EEXIST`), never throws them.
 * Source: include/uapi/asm-generic/errno-base.h and errno.h (the numbers are ABI).
 */
export const EPERM = 1
export const ENOENT = 2
export const EINTR = 4
export const EIO = 5
export const ENXIO = 6
export const EBADF = 9
export const EAGAIN = 11
export const ENOMEM = 12
export const EACCES = 13
export const EFAULT = 14
export const EBUSY = 16
export const EEXIST = 17
export const ENODEV = 19
export const ENOTDIR = 20
export const EISDIR = 21
export const EINVAL = 22
export const ENOTTY = 25
export const ENOSPC = 28
export const EPIPE = 32
export const EDEADLK = 35
export const ENOSYS = 38
export const EBADE = 52
export const ETIME = 62
export const EBADMSG = 74
export const E2BIG = 7
export const EUSERS = 87
export const EALREADY = 114
export const EOWNERDEAD = 130
export const ENOTRECOVERABLE = 131
/** Kernel-internal: restart the system call. Never leaves the kernel. */
export const ERESTARTSYS = 512
/** Kernel-internal: the driver asks to be probed again later. User space sees EAGAIN. */
export const EPROBE_DEFER = 517

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    EPERM,
    ENOENT,
    EINTR,
    EIO,
    ENXIO,
    E2BIG,
    EBADF,
    EAGAIN,
    ENOMEM,
    EACCES,
    EFAULT,
    EBUSY,
    EEXIST,
    ENODEV,
    ENOTDIR,
    EISDIR,
    EINVAL,
    ENOTTY,
    ENOSPC,
    EPIPE,
    EDEADLK,
    ENOSYS,
    EBADE,
    ETIME,
    EBADMSG,
    EUSERS,
    EALREADY,
    EOWNERDEAD,
    ENOTRECOVERABLE,
    ERESTARTSYS,
    EPROBE_DEFER,
  }).map(([name, value]) => [value, name]),
)

/** Symbol of an errno, positive or negative: `errname(-17)` is `EEXIST`. An unknown value gives `E<number>`. */
export function errname(errno: number): string {
  return NAMES.get(Math.abs(errno)) ?? `E${Math.abs(errno)}`
}
