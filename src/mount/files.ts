/**
 * Open files of sysfs. The handle of a file is its address; open, read, write and release are the emulated kernel's own, with
 * their errnos, active references and draining.
 *
 * Context  a server thread, which is a CPU: sleeps wherever the attribute's show or store does.
 */
import { read } from '#access'
import { as } from '../base/addr.ts'
import {
  vfs_close,
  vfs_lseek,
  vfs_open,
  vfs_read,
  vfs_write,
  kernfs_open_file,
  type File,
} from '../kernel/index.ts'
import {
  FOPEN_DIRECT_IO,
  FOPEN_PARALLEL_DIRECT_WRITES,
  openBody,
  writeBody,
  type Request,
} from './protocol.ts'
import { nodeOf, type Answer } from './tree.ts'

const ACCESS_MODE = 3
const POS = kernfs_open_file.offset.pos
/** Where FUSE_WRITE has the bytes. */
const WRITE_DATA = 40

function handleOf(request: Request): File {
  return as(request.u64(0))
}

/** What a thread needs to answer requests about open files. */
export class Files {
  readonly #files: Int32Array

  /** @param files by address, which are open */
  constructor(files: Int32Array) {
    this.#files = files
  }

  open(request: Request): Answer {
    const of = vfs_open(nodeOf(request), request.u32(0) & ACCESS_MODE)
    if (of < 0) return of
    Atomics.store(this.#files, of, 1)
    return openBody(of, FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES)
  }

  /**
   * The real kernel keeps the position. A read at the end asks nobody; one in the middle of a text that did not fit into the
   * reader's buffer shows the attribute again.
   */
  read(request: Request): Answer {
    const of = handleOf(request)
    const offset = request.u64(8)
    if (offset > 0 && offset >= read(of + POS)) return Buffer.alloc(0)
    vfs_lseek(of, 0)
    const text = vfs_read(of)
    if (typeof text === 'number') return text
    return Buffer.from(text, 'latin1').subarray(offset, offset + request.u32(16))
  }

  write(request: Request): Answer {
    const size = request.u32(16)
    const taken = vfs_write(handleOf(request), request.text(WRITE_DATA, WRITE_DATA + size))
    return taken < 0 ? taken : writeBody(Math.min(taken, size))
  }

  release(request: Request): Answer {
    const of = handleOf(request)
    Atomics.store(this.#files, of, 0)
    vfs_close(of)
    return 0
  }
}
