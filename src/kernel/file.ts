/**
 * Open files of sysfs: open, read, write, close.
 *
 * Invariant   an open file references its node, so a write after the removal is answered (-ENODEV), not lost in freed
 *             memory. One operation at a time per open file; two opens of one attribute run in parallel.
 * Order       of->mutex → active reference of the node → locks of show and store.
 * Context     sleeps.
 * Source      fs/kernfs/file.c, fs/sysfs/file.c
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EACCES, EBADF, EIO, EISDIR, ENODEV, ENOENT, ENOMEM } from '../base/errno.ts'
import {
  embed,
  guarded_by,
  kmem_cache_active,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  ptr,
  rootAddr,
  should_fail,
  struct,
  word,
} from '../mem/index.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { attributes } from './device/attribute.ts'
import { kernfs_get_active, kernfs_put_active } from './kernfs/active.ts'
import { kernfs_lookup } from './kernfs/dir.ts'
import { KERNFS_FILE, kernfs_get, kernfs_node, kernfs_put, kernfs_type, type Kn } from './kernfs/node.ts'

export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
/** Longest text that reaches a store. */
const PAGE_SIZE = 4096

const FMODE_READ = 1
const FMODE_WRITE = 2

export const kernfs_open_file = struct('kernfs_open_file', {
  mutex: embed(mutex),
  kn: ptr('kernfs_node'),
  f_mode: word,
  /** Where the next read begins. */
  pos: guarded_by('of->mutex', word),
})
export type File = Addr<'kernfs_open_file'>
const { kn: KN, f_mode: F_MODE, pos: POS } = kernfs_open_file.offset
const OF_MUTEX = kernfs_open_file.at.mutex
const ROOT = rootAddr('file')
const { priv: PRIV, attr: ATTR, mode: MODE } = kernfs_node.offset

/** Prepares the cache of open files. Boot CPU only. Returns false when the arena is full. */
export function files_init(): boolean {
  const cache = kmem_cache_create(kernfs_open_file)
  write(ROOT, cache)
  return cache !== 0
}

function file_cache(): Addr<'kmem_cache'> {
  return as(read(ROOT))
}

/**
 * Opens a file by its node.
 * @param flags O_RDONLY, O_WRONLY or O_RDWR
 * @returns the open file, or -EISDIR, -EACCES (the mode forbids it, for root too), -ENODEV (removed), -ENOMEM
 */
export function vfs_open(kn: Kn, flags: number): number {
  if (kernfs_type(kn) !== KERNFS_FILE) return -EISDIR
  const wants = flags === O_RDWR ? FMODE_READ | FMODE_WRITE : flags === O_WRONLY ? FMODE_WRITE : FMODE_READ
  const mode = read(kn + MODE)
  if ((wants & FMODE_READ) !== 0 && (mode & 0o444) === 0) return -EACCES
  if ((wants & FMODE_WRITE) !== 0 && (mode & 0o222) === 0) return -EACCES
  if (!kernfs_get_active(kn)) return -ENODEV
  const of = kmem_cache_zalloc(file_cache(), kernfs_open_file)
  if (of !== 0) {
    mutex_init(OF_MUTEX(of), '&of->mutex')
    write(of + KN, kernfs_get(kn))
    write(of + F_MODE, wants)
  }
  kernfs_put_active(kn)
  return of === 0 ? -ENOMEM : of
}

/** Opens a file of a directory by name. Returns the open file, or -ENOENT, or what vfs_open returns. */
export function vfs_open_at(dir: Kn, name: Addr<'qstr'>, flags: number): number {
  const kn = kernfs_lookup(dir, name)
  if (kn === 0) return -ENOENT
  const of = vfs_open(kn, flags)
  kernfs_put(kn)
  return of
}

/**
 * Writes a text: one call of the attribute's store. A text of no length returns 0 without reaching it.
 * @returns bytes taken, or a negative errno: -EBADF, -ENODEV (the file was removed), -ENOMEM, or the store's own
 */
export function vfs_write(of: File, text: string): number {
  if ((read(of + F_MODE) & FMODE_WRITE) === 0) return -EBADF
  return should_fail() ? -ENOMEM : kernfs_fop_write(of, text)
}

function kernfs_fop_write(of: File, text: string): number {
  const kn = as<'kernfs_node'>(read(of + KN))
  trace_enter('kernfs_fop_write')
  mutex_lock(OF_MUTEX(of))
  let result = -ENODEV
  if (kernfs_get_active(kn)) {
    result = sysfs_kf_write(kn, text.length > PAGE_SIZE ? text.slice(0, PAGE_SIZE) : text)
    kernfs_put_active(kn)
  }
  mutex_unlock(OF_MUTEX(of))
  trace_leave('kernfs_fop_write')
  return result
}

function sysfs_kf_write(kn: Kn, text: string): number {
  if (text.length === 0) return 0
  const id = read(kn + ATTR)
  const attr = attributes.get(id)
  return attr.store === undefined ? -EIO : attr.store(read(kn + PRIV), text, id)
}

/**
 * Reads from the file's position to its end: one call of the attribute's show at position 0, '' at the end.
 * @returns the text, or a negative errno: -EBADF, -ENODEV, -ENOMEM, or the show's own
 */
export function vfs_read(of: File): string | number {
  if ((read(of + F_MODE) & FMODE_READ) === 0) return -EBADF
  if (should_fail()) return -ENOMEM
  const kn = as<'kernfs_node'>(read(of + KN))
  mutex_lock(OF_MUTEX(of))
  let result: string | number = -ENODEV
  if (kernfs_get_active(kn)) {
    result = sysfs_kf_read(kn, read(of + POS))
    kernfs_put_active(kn)
  }
  if (typeof result === 'string') write(of + POS, read(of + POS) + result.length)
  mutex_unlock(OF_MUTEX(of))
  return result
}

function sysfs_kf_read(kn: Kn, pos: number): string | number {
  if (pos > 0) return ''
  const id = read(kn + ATTR)
  const attr = attributes.get(id)
  return attr.show === undefined ? -EIO : attr.show(read(kn + PRIV), id)
}

/** Sets the position of the next read; 0 shows the attribute anew. */
export function vfs_lseek(of: File, pos: number): void {
  mutex_lock(OF_MUTEX(of))
  write(of + POS, pos)
  mutex_unlock(OF_MUTEX(of))
}

/** Closes the file. */
export function vfs_close(of: File): void {
  const kn = as<'kernfs_node'>(read(of + KN))
  kmem_cache_free(file_cache(), kernfs_open_file, of)
  kernfs_put(kn)
}

/** Files open now. Exact only while no CPU runs. */
export function open_files(): number {
  return kmem_cache_active(file_cache())
}
