/**
 * File descriptors of vfio: an address of an open file that says what it is a file of.
 *
 * Rules     a file is closed once. A descriptor of the wrong kind, or of a closed file, is told apart: -EBADF.
 */
import { READ_ONCE, WRITE_ONCE, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { arenaWords } from '../mem/arena.ts'
import { vfio_free, vfio_zalloc } from './globals.ts'
import { vfio_file, vfio_globals } from './types.ts'

const CACHE = vfio_globals.offset.file_cache
const { kind: KIND, object: OBJECT } = vfio_file.offset

/** Opens a file of the object. Returns the descriptor, 0 for -ENOMEM. */
export function vfio_file_open(kind: number, object: number): number {
  const file = vfio_zalloc(CACHE, vfio_file)
  if (file === 0) return 0
  write(file + OBJECT, object)
  WRITE_ONCE(file + KIND, kind)
  return file
}

/** Kind of an open file; 0 for what is none. */
export function vfio_file_kind(fd: number): number {
  return fd > 0 && fd + OBJECT < arenaWords() ? READ_ONCE(fd + KIND) : 0
}

/** Object of a file of this kind, NULL if the descriptor is not of one. */
export function vfio_file_object<S extends string>(fd: number, kind: number): Addr<S> {
  return as(vfio_file_kind(fd) === kind ? READ_ONCE(fd + OBJECT) : 0)
}

/** Closes the file; its object is the caller's business. */
export function vfio_file_close(fd: number): void {
  WRITE_ONCE(fd + KIND, 0)
  vfio_free(CACHE, vfio_file, fd)
}
