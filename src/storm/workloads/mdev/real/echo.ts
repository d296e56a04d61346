/** One write into a file of sysfs. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** `echo text > path`, in one piece. Returns 0 or a negative errno; throws what is no error of a system call. */
export function echo(path: string, text: string): number {
  try {
    const fd = openSync(path, constants.O_WRONLY)
    try {
      writeSync(fd, text)
    } finally {
      closeSync(fd)
    }
    return 0
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException
    if (errno === undefined) throw error
    return -Math.abs(errno)
  }
}
