/**
 * The calls of a shell: `echo text > path`, `cat path`, `ls path`, `readlink path`.
 *
 * Context  makes JS objects: shell, set-up and tests.
 */
import { as } from '../base/addr.ts'
import { EINVAL, ENOTDIR } from '../base/errno.ts'
import { O_RDONLY, O_WRONLY, vfs_close, vfs_open, vfs_read, vfs_write } from './file.ts'
import { KERNFS_DIR, KERNFS_LINK, kernfs_put, kernfs_type, type Kn } from './kernfs/node.ts'
import { kernfs_readdir } from './kernfs/readdir.ts'
import { kernfs_readlink } from './kernfs/walk.ts'
import { kern_path } from './path.ts'

function withNode<T>(path: string, followLast: boolean, fn: (kn: Kn) => T): T | number {
  const kn = kern_path(path, followLast)
  if (kn < 0) return kn
  const result = fn(as(kn))
  kernfs_put(as(kn))
  return result
}

/** Opens, writes once, closes: bytes taken, or a negative errno. */
export function sysfs_write(path: string, text: string): number {
  return withNode(path, true, (kn) => {
    const of = vfs_open(kn, O_WRONLY)
    if (of < 0) return of
    const result = vfs_write(as(of), text)
    vfs_close(as(of))
    return result
  })
}

/** Opens, reads, closes: the text, or a negative errno. */
export function sysfs_read(path: string): string | number {
  return withNode<string | number>(path, true, (kn) => {
    const of = vfs_open(kn, O_RDONLY)
    if (of < 0) return of
    const result = vfs_read(as(of))
    vfs_close(as(of))
    return result
  })
}

/** Names in a directory, sorted, or a negative errno. */
export function sysfs_list(path: string): string[] | number {
  return withNode<string[] | number>(path, true, (kn) => {
    return kernfs_type(kn) === KERNFS_DIR ? kernfs_readdir(kn).sort() : -ENOTDIR
  })
}

/** Text of a symbolic link, or a negative errno. */
export function sysfs_readlink(path: string): string | number {
  return withNode<string | number>(path, false, (kn) => {
    return kernfs_type(kn) === KERNFS_LINK ? kernfs_readlink(kn) : -EINVAL
  })
}
