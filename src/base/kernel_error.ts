/**
 * Errors at the machine boundary. Inside the kernel errors are negative numbers; what leaves it (a library call, a
 * sysfs write from a shell) throws one of these.
 */
import { errname } from './errno.ts'

const TEXT: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  EINTR: 'interrupted system call',
  EIO: 'input/output error',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  ENOSPC: 'no space left on device',
  EPIPE: 'broken pipe',
  EDEADLK: 'resource deadlock avoided',
  EUSERS: 'too many users',
  EOWNERDEAD: 'owner died',
}

/** A system call that failed, in the shape of Node's own system errors. */
export class KernelError extends Error {
  override readonly name: string = 'KernelError'
  /** Symbolic errno: `'EEXIST'`. */
  readonly code: string
  /** Positive errno. */
  readonly errno: number
  /** What was attempted: `'write'`, `'open'`, `'mutex_lock'`. */
  readonly syscall: string

  /**
   * @param errno positive or negative errno
   * @param syscall what failed
   * @param path the file or object it failed on
   */
  constructor(errno: number, syscall: string, path?: string) {
    const code = errname(errno)
    const where = path === undefined ? '' : ` '${path}'`
    super(`${code}: ${TEXT[code] ?? 'error'}, ${syscall}${where}`)
    this.code = code
    this.errno = Math.abs(errno)
    this.syscall = syscall
  }
}

/** Common part of the reports that end a task: who, on which CPU, holding what, and the text a kernel would print. */
abstract class FatalReport extends Error {
  /** Symbolic errno of the kind. */
  abstract readonly code: string
  /** Kernel-style report, several lines. */
  readonly report: string

  constructor(message: string, report: string) {
    super(message)
    this.report = report
  }
}

/** The emulated code touched memory it must not: a NULL or freed address, or a module that is gone. */
export class Oops extends FatalReport {
  override readonly name: string = 'Oops'
  override readonly code: string = 'EFAULT'
}

/** A task stopped making progress. */
export class HungTaskError extends FatalReport {
  override readonly name: string = 'HungTaskError'
  override readonly code: string = 'ETIMEDOUT'
}
